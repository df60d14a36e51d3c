"""A store that always answers in time: what it may take is bounded, and after repeated trouble it is left alone."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol, TypeVar

import structlog

from decider.limits.breaker import Breaker
from decider.limits.store import Counter, Receipt, Settlement, Store, StoreError

_log = structlog.get_logger(__name__)
_SHARE = 0.5  # of the time that is left for the decision; the rest is for failing in time
_UNNEEDED = 0.05  # seconds that a call may take of which no verdict depends
_ENOUGH = 0.1  # seconds that a store that is well needs far less than

Answer = TypeVar("Answer")


class StoreMetrics(Protocol):
    """What is counted of a store."""

    def store_answered(self, seconds: float) -> None:
        """Count a call that was answered."""

    def store_failed(self, reason: str) -> None:
        """Count one that was not: `timeout`, `error`, or `left_alone`."""

    def store_left_alone(self, left_alone: bool) -> None:
        """Say whether calls are let through."""


class Guard:
    """Calls a store on threads of its own, so that one that hangs holds no call up for longer than its share.

    `most`: seconds that a call may take when there is time enough.
    """

    def __init__(self, store: Store, most: float, metrics: StoreMetrics) -> None:
        self.store = store.system
        self._store = store
        self._most = most
        self._metrics = metrics
        self._breaker = Breaker(time.monotonic)
        self._pool = ThreadPoolExecutor(store.workers, thread_name_prefix="limits")

    @property
    def left_alone(self) -> bool:
        """Whether calls are kept from the store, but for one now and then."""
        return self._breaker.is_open

    def settle(
        self,
        counters: Sequence[Counter],
        receipt: Receipt | None,
        *,
        take: bool,
        time_left: float | None,
        needed: bool = True,
    ) -> Settlement:
        """As of Store, in a share of the time that is left for the decision, in seconds. Raises StoreError.

        `needed`: the verdict depends on it. What is not needed waits for next to nothing, and a store in trouble is
        spared it.
        """
        most = self._most if needed else min(self._most, _UNNEEDED)
        share = most if time_left is None else min(most, time_left * _SHARE)
        return self._call(
            lambda until: self._store.settle(counters, receipt, take=take, deadline=until), share, needed=needed
        )

    def look(self) -> None:
        """Reach the store for the first time, so that the log says at once where that fails."""
        with suppress(StoreError):
            self.settle([], Receipt("topic-gate:{0}:look"), take=True, time_left=None)

    def close(self) -> None:
        """Let go of the store, once what is under way has ended."""
        self._pool.shutdown(cancel_futures=True)
        self._store.close()

    def _call(self, call: Callable[[float], Answer], share: float, *, needed: bool) -> Answer:
        if share <= 0:
            raise StoreError("no time was left to ask")
        if not self._breaker.lets_through(needed=needed):
            self._metrics.store_failed("left_alone")
            raise StoreError("it has failed again and again, and is left alone for a moment")
        start = time.monotonic()
        try:
            answer = self._in_time(call, start + share)
        except StoreError as error:
            self._note_failure(error, hurried=share < min(self._most, _ENOUGH), slow=time.monotonic() - start >= share)
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
        except StoreError:
            raise
        except Exception as error:
            _log.exception("the store of limits failed in a way that nobody thought of")
            raise StoreError(f"internal error: {type(error).__name__}") from error

    def _note_failure(self, error: StoreError, *, hurried: bool, slow: bool) -> None:
        self._metrics.store_failed("timeout" if slow else "error")
        # A caller in a hurry says little about the store, unless nobody has had an answer for a while.
        if self._breaker.failed(surely=not (slow and hurried)):
            _log.error("limits cannot be looked up", reason=str(error))
        self._metrics.store_left_alone(self._breaker.is_open)

    def _note_answer(self) -> None:
        if self._breaker.answered():
            _log.info("limits can be looked up again")
        self._metrics.store_left_alone(False)
