"""Rolling windows against the plainest model there is: a list of when each one was admitted."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from moving_time import MovingTime

from decider.limits.memory import MemoryStore
from decider.limits.sqlite import SqliteStore
from decider.limits.store import Counter, Receipt, Store

TERMS = {"a": (1, 1), "b": (2, 3), "c": (5, 2), "d": (3, 10)}  # count, seconds
KEYS = st.lists(st.sampled_from(sorted(TERMS)), min_size=1, max_size=4, unique=True)


@dataclass
class Model:
    """Who was admitted when, in microseconds of time that really passed."""

    admitted: dict[str, list[int]] = field(default_factory=lambda: {key: [] for key in TERMS})

    def in_window(self, key: str, now: int) -> list[int]:
        return [at for at in self.admitted[key] if now - at < TERMS[key][1] * 1_000_000]

    def has_room(self, key: str, now: int) -> bool:
        return len(self.in_window(key, now)) < TERMS[key][0]


class Windows(RuleBasedStateMachine):
    """A store under random claims, at random times; `open_` opens it."""

    open_: Callable[[Path, MovingTime], Store]

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.time, self.model, self.passed = MovingTime(), Model(), 0
        self.store = self.open_(Path(self.folder.name) / "limits.db", self.time)
        self.receipts: dict[str, tuple[tuple[int, bool], ...]] = {}

    @rule(milliseconds=st.integers(0, 4000))
    def time_passes(self, milliseconds: int) -> None:
        self.time.pass_(milliseconds / 1000)
        self.passed += milliseconds * 1000

    @rule(seconds=st.sampled_from([-100_000, -10, 10, 100_000]))
    def somebody_sets_the_time_of_day(self, seconds: int) -> None:
        self.time.of_day += seconds

    @rule(keys=KEYS, take=st.booleans(), shadow=st.booleans())
    def claim(self, keys: list[str], take: bool, shadow: bool) -> None:
        counters = [Counter(key, *TERMS[key], binding=not shadow or key != keys[0]) for key in keys]
        before = {key: self.model.in_window(key, self.passed) for key in keys}
        room = {key: self.model.has_room(key, self.passed) for key in keys}
        admitted = take and all(room[counter.key] for counter in counters if counter.binding)
        usages = self.store.settle(counters, None, take=take, deadline=time.monotonic() + 30).usages
        for key, usage in zip(keys, usages, strict=True):
            counted = admitted and room[key]
            self.model.admitted[key] += [self.passed] if counted else []
            assert (usage.used, usage.full) == (len(before[key]) + counted, not room[key])
            oldest = (before[key] or [self.passed])[0]
            frees_in = (oldest - self.passed) / 1_000_000 + TERMS[key][1] if usage.used else None
            assert usage.frees_in == frees_in or abs((usage.frees_in or 0) - (frees_in or 0)) < 2e-6

    @rule(name=st.sampled_from("xyz"), key=st.sampled_from(sorted(TERMS)))
    def claim_with_a_receipt(self, name: str, key: str) -> None:
        # No receipt is older than ten minutes here, so every repeated one is still on record.
        receipt = Receipt(f"receipt {name}", b"recorded")
        settled = self.store.settle([Counter(key, *TERMS[key])], receipt, take=True, deadline=time.monotonic() + 30)
        told = tuple((usage.used, usage.full) for usage in settled.usages)
        if settled.recorded is not None:
            assert told == self.receipts[name]
            return
        assert name not in self.receipts or self.passed > 600_000_000
        self.receipts[name] = told
        if not told[0][1]:
            self.model.admitted[key].append(self.passed)

    @rule(key=st.sampled_from(sorted(TERMS)))
    def forget(self, key: str) -> None:
        self.store.reset(key, time.monotonic() + 30)
        self.model.admitted[key] = []

    @invariant()
    def no_window_ever_has_more_than_the_count(self) -> None:
        for key, (count, per) in TERMS.items():
            times = self.model.admitted[key]
            for index in range(len(times) - count):
                assert times[index + count] - times[index] >= per * 1_000_000

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


class MemoryWindows(Windows):
    def open_(self, path: Path, time_: MovingTime) -> Store:  # type: ignore[override]
        return MemoryStore(lambda: time_.since_boot)


class SqliteWindows(Windows):
    def open_(self, path: Path, time_: MovingTime) -> Store:  # type: ignore[override]
        store = SqliteStore(path, time_.clock())
        # The first after a start of the machine takes the time of day; what it is set to later is of no account.
        store.settle([], None, take=False, deadline=time.monotonic() + 30)
        return store

    @rule()
    def the_process_is_restarted(self) -> None:
        self.store.close()
        self.store = self.open_(Path(self.folder.name) / "limits.db", self.time)

    @rule(off_for=st.integers(0, 5))
    def the_machine_is_restarted(self, off_for: int) -> None:
        """Its clock was right when it went down or is behind: then the windows only last longer."""
        self.store.close()
        self.time.pass_(off_for)
        self.passed += off_for * 1_000_000
        self.time.restart()
        self.time.of_day = 1_700_000_000.0 + self.passed / 1_000_000
        self.store = self.open_(Path(self.folder.name) / "limits.db", self.time)


MemoryWindows.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
SqliteWindows.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestMemoryWindows = MemoryWindows.TestCase
TestSqliteWindows = SqliteWindows.TestCase
