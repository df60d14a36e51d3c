"""The threads that wait for the decider, and how long the queue before them is."""

from typing import Final

from waitress.task import ThreadedTaskDispatcher

from adapter.connection import Connection

# Of how many of the latest requests the mean is that tells what one takes.
_LATEST: Final = 20


class Pace:
    """The mean of about as many of the latest times as `latest`, and of all when there are fewer."""

    def __init__(self, latest: int = _LATEST) -> None:
        self.mean = 0.0
        self._latest = latest
        self._known = 0

    def took(self, seconds: float) -> None:
        """Learn another time."""
        self._known = min(self._known + 1, self._latest)
        self.mean += (seconds - self.mean) / self._known


class Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads and a queue that knows how long it is in seconds."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._pace = Pace()
        self.set_thread_count(count)

    @property
    def wait(self) -> float:
        """For how many seconds one more request would probably wait for a thread."""
        return len(self.queue) * self._pace.mean / self._count

    def took(self, seconds: float) -> None:
        """Learn how long a request kept its thread."""
        with self.lock:
            self._pace.took(seconds)

    def arrivals(self) -> list[float]:
        """Return when the requests arrived that wait for a thread."""
        with self.lock:
            return [task.requests[0].arrival for task in self.queue]

    def late(self) -> list[Connection]:
        """Take the requests from the queue that ran out of time in it."""
        with self.lock:
            late = [task for task in self.queue if task.overdue]
            for task in late:
                self.queue.remove(task)
        return late
