"""Threads for calls: one more when none is free, and none kept that has had nothing to do for a while."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Condition, Thread
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_Work = Callable[[], None]


class Threads(Executor):
    """Up to `most` threads. The standard library's pool keeps each that it ever started.

    A thread that has waited for work for `idle` seconds ends. The threads do not keep the process from ending.
    """

    def __init__(self, name: str, most: int, idle: float) -> None:
        self._name = name
        self._most = most
        self._idle = idle
        # Not a SimpleQueue: Python 3.11's may wait for good where it was to wait for a moment.
        self._work: deque[_Work] = deque()
        self._changed = Condition()
        self._running = 0
        self.calls = 0  # that are worked on, and that wait for it

    def submit(self, fn: Callable[Parameters, Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have something worked on."""
        future: Future[Result] = Future()
        with self._changed:
            self.calls += 1
            needed = self._running < min(self.calls, self._most)
            self._running += needed
            self._work.append(lambda: _carry_out(future, lambda: fn(*args, **kwargs)))
            self._changed.notify()
        if needed:
            self._start()
        return future

    def _start(self) -> None:
        try:
            Thread(target=self._run, name=self._name, daemon=True).start()
        except RuntimeError:
            # The system gives no more. The work waits for a thread that is there, or for the next try to start one;
            # were this raised, gRPC would stop to take calls at all.
            with self._changed:
                self._running -= 1

    def _run(self) -> None:
        while work := self._next():
            work()
            with self._changed:
                self.calls -= 1

    def _next(self) -> _Work | None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._work, self._idle):
                self._running -= 1
                return None
            return self._work.popleft()


def _carry_out(future: Future[Result], call: Callable[[], Result]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
