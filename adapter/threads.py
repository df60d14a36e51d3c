"""The threads that answer: most may wait for the decider, one never does."""

from typing import Final

from waitress.task import ThreadedTaskDispatcher

from adapter.connection import Connection

# One, for what it does takes a fraction of a millisecond: a request that is out of time asks nobody.
_SPARE: Final = 1


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads for requests with time left, and a spare one for those without.

    A request that came in slowly is due before others that were complete sooner. All threads may be waiting
    for the decider on behalf of those, so it needs one that nobody holds.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._spare = ThreadedTaskDispatcher()
        self.set_thread_count(count)
        self._spare.set_thread_count(_SPARE)

    def add_task(self, task: Connection) -> None:
        """Have the first request of a connection answered."""
        if task.overdue:
            self._spare.add_task(task)
        else:
            super().add_task(task)

    def arrivals(self) -> list[float]:
        """Return when the requests arrived that wait for a thread."""
        with self.lock:
            return [task.requests[0].arrival for task in self.queue]

    def hurry(self) -> None:
        """Hand the requests that ran out of time while they waited to the spare thread."""
        with self.lock:
            late = [task for task in self.queue if task.overdue]
            for task in late:
                self.queue.remove(task)
        for task in late:
            self._spare.add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """End all threads; waits `timeout` seconds for those that are at work, and for the spare one as long."""
        self._spare.shutdown(cancel_pending, timeout)
        ended: bool = super().shutdown(cancel_pending, timeout)
        return ended
