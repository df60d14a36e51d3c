"""A store that always answers in time: what it may take is bounded, and after repeated trouble it is left alone."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, TypeVar

import structlog

from decider.limits.store import Counter, Receipt, Settlement, Store, StoreError

_log = structlog.get_logger(__name__)
_TRIES = 3  # failures in a row, after which the store is left alone
_PROBE_EVERY = 1.0  # seconds; then one call is let through, to see
_SHARE = 0.5  # of the time that is left for the decision; the rest is for failing in time
_LOG_EVERY = 10.0  # seconds between lines about a store that fails again and again

Answer = TypeVar("Answer")


class StoreMetrics(Protocol):
    """What is counted of a store."""

    def store_answered(self, seconds: float) -> None:
        """Count a call that was answered."""

    def store_failed(self, reason: str) -> None:
        """Count one that was not: `timeout`, `error`, or `left_alone`."""

    def store_left_alone(self, left_alone: bool) -> None:
        """Say whether calls are let through."""


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row, and says when to try again. Thread-safe; `clock` in seconds."""

    clock: Callable[[], float]
    failures: int = 0
    _next_try: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    @property
    def is_open(self) -> bool:
        """Whether calls are kept from the store, but for a probe now and then."""
        return self.failures >= _TRIES

    def lets_through(self, *, needed: bool = True) -> bool:
        """Whether a call may be made; while open, one a second. One that is not needed waits after any failure."""
        with self._lock:
            waits = self.is_open or (self.failures and not needed)
            if waits and self.clock() < self._next_try:
                return False
            self._next_try = self.clock() + _PROBE_EVERY
            return True

    def failed(self) -> None:
        """Count a failure."""
        with self._lock:
            self.failures += 1
            self._next_try = self.clock() + _PROBE_EVERY

    def answered(self) -> int:
        """Forget the failures; returns how many there were."""
        with self._lock:
            failures, self.failures = self.failures, 0
            return failures


class Guard:
    """Calls a store on threads of its own, so that one that hangs holds no call up for longer than its share.

    `most`: seconds that a call may take when there is time enough.
    """

    def __init__(self, store: Store, most: float, metrics: StoreMetrics) -> None:
        self._store = store
        self._most = most
        self._metrics = metrics
        self._breaker = Breaker(time.monotonic)
        self._pool = ThreadPoolExecutor(store.workers, thread_name_prefix="limits")
        self._logged = -_LOG_EVERY

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, time_left: float | None
    ) -> Settlement:
        """As of Store, in a share of the time that is left for the decision, in seconds. Raises StoreError.

        Without counters only a receipt is at stake, and a store in trouble is spared that.
        """
        share = self._most if time_left is None else min(self._most, time_left * _SHARE)
        return self._call(
            lambda until: self._store.settle(counters, receipt, take=take, deadline=until), share, needed=bool(counters)
        )

    def reset(self, key: str) -> int:
        """As of Store. Raises StoreError."""
        return self._call(lambda until: self._store.reset(key, until), self._most)

    def close(self) -> None:
        """Let go of the store, once what is under way has ended."""
        self._pool.shutdown(cancel_futures=True)
        self._store.close()

    def _call(self, call: Callable[[float], Answer], share: float, *, needed: bool = True) -> Answer:
        if share <= 0:
            raise StoreError("no time was left to ask")
        if not self._breaker.lets_through(needed=needed):
            self._metrics.store_failed("left_alone")
            raise StoreError("it has failed again and again, and is left alone for a moment")
        start = time.monotonic()
        try:
            answer = self._in_time(call, start + share)
        except StoreError as error:
            self._note_failure(error, share, time.monotonic() - start)
            raise
        self._metrics.store_answered(time.monotonic() - start)
        self._note_answer()
        return answer

    def _in_time(self, call: Callable[[float], Answer], until: float) -> Answer:
        future = self._pool.submit(call, until)
        try:
            return future.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            future.cancel()
            raise StoreError("no answer in time") from None

    def _note_failure(self, error: StoreError, share: float, took: float) -> None:
        slow = took >= share
        self._metrics.store_failed("timeout" if slow else "error")
        if slow and share < self._most:
            return  # the caller was in a hurry; that says nothing about the store
        self._breaker.failed()
        self._metrics.store_left_alone(self._breaker.is_open)
        now = time.monotonic()
        if now - self._logged >= _LOG_EVERY:
            self._logged = now
            _log.error("limits cannot be looked up", reason=str(error), failures=self._breaker.failures)

    def _note_answer(self) -> None:
        if failures := self._breaker.answered():
            self._metrics.store_left_alone(False)
            _log.info("limits can be looked up again", failures=failures)
