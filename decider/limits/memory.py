"""A store in memory: for tests, and where one process is all there is and a restart may forget."""

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from decider.limits import window
from decider.limits.store import RECEIPT_SECONDS, Counter, Receipt, Settlement
from decider.limits.window import MICROSECONDS
from decider.policy.limit import Usage

_SWEEP = 1000  # calls between looks for what has expired


class MemoryStore:
    """Keeps everything in dicts, under one lock. `clock` gives seconds and never goes back."""

    system = "memory"
    workers = 1

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._admitted: dict[str, list[int]] = {}
        self._longest: dict[str, int] = {}  # window that was asked for: below that, nothing is forgotten
        self._expires: dict[str, int] = {}
        self._receipts: dict[str, tuple[int, bytes, Settlement]] = {}
        self._calls = 0

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, deadline: float
    ) -> Settlement:
        """See Store."""
        with self._lock:
            now = self._now()
            if receipt and (kept := self._receipts.get(receipt.key)) and kept[0] > now:
                return Settlement(kept[2].usages, kept[1])
            usages = [window.usage(self._in_window(counter, now), counter, now) for counter in counters]
            if take and window.admits(counters, usages):
                usages = [self._admit(*each, now) for each in zip(counters, usages, strict=True)]
            settlement = Settlement(usages)
            if receipt and receipt.content:
                self._receipts[receipt.key] = (now + RECEIPT_SECONDS * MICROSECONDS, receipt.content, settlement)
            return settlement

    def _in_window(self, counter: Counter, now: int) -> list[int]:
        admitted = self._admitted.get(counter.key, [])
        return admitted[bisect_right(admitted, now - counter.per * MICROSECONDS) :]

    def _admit(self, counter: Counter, usage: Usage, now: int) -> Usage:
        if not usage.full:
            longest = max(counter.per, self._longest.get(counter.key, 0))
            kept = self._in_window(replace(counter, per=longest), now)
            self._admitted[counter.key], self._longest[counter.key] = [*kept, now], longest
            self._expires[counter.key] = now + longest * MICROSECONDS
        return window.with_one_more(counter, usage)

    def reset(self, key: str, deadline: float) -> int:
        """See Store."""
        with self._lock:
            return len(self._admitted.pop(key, []))

    def close(self) -> None:
        """Do nothing."""

    def _now(self) -> int:
        now = round(self._clock() * MICROSECONDS)
        self._calls += 1
        if self._calls % _SWEEP == 0:
            self._receipts = {key: kept for key, kept in self._receipts.items() if kept[0] > now}
            self._expires = {key: expires for key, expires in self._expires.items() if expires > now}
            self._admitted = {key: self._admitted[key] for key in self._expires if key in self._admitted}
            self._longest = {key: self._longest[key] for key in self._admitted}
        return now
