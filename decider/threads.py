"""Threads for calls: one more when none is free, and none kept that has had nothing to do for a while."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
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
        self._work: SimpleQueue[_Work] = SimpleQueue()
        self._counting = Lock()
        self._running = 0
        self._busy = 0  # what is worked on, and what waits for it

    @property
    def free(self) -> int:
        """How many threads wait for work."""
        return max(0, self._running - self._busy)

    def submit(self, fn: Callable[Parameters, Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have something worked on."""
        future: Future[Result] = Future()
        with self._counting:
            self._busy += 1
            needed = self._running < min(self._busy, self._most)
            self._running += needed
        self._work.put(lambda: _carry_out(future, lambda: fn(*args, **kwargs)))
        if needed:
            Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def _run(self) -> None:
        while work := self._next():
            work()
            with self._counting:
                self._busy -= 1

    def _next(self) -> _Work | None:
        while True:
            try:
                return self._work.get(timeout=self._idle)
            except Empty:
                with self._counting:
                    if self._running > self._busy:
                        self._running -= 1
                        return None


def _carry_out(future: Future[Result], call: Callable[[], Result]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
