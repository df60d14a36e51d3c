"""Many webhooks: at a fixed rate, over several connections."""

import threading
import time
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

from adapter.send import Reply, Vendor
from adapter.topics import Topic


class Load:
    """Sends topics as a crowd would: whether or not the answers keep up.

    With a rate, each topic's time is fixed in advance and its latency counts from then, so that a receiver
    that stalls is seen to make everyone wait, and not just the one who was asking.
    """

    def __init__(self, vendor: Vendor, *, rate: float | None, connections: int) -> None:
        """`rate` is topics a second; None: as fast as the answers come."""
        self._vendor = vendor
        self._rate = rate
        self._connections = connections
        self._stopped = threading.Event()

    def run(self, topics: Sequence[Topic]) -> Iterator[Reply]:
        """Send every topic once; yield the replies as they come, until all are in or `stop` was called."""
        replies: SimpleQueue[Reply | None] = SimpleQueue()
        turns = _turns(topics, self._rate)
        lock = threading.Lock()
        for _ in range(self._connections):
            threading.Thread(target=self._work, args=(turns, lock, replies), daemon=True).start()
        # Each connection says None when it is done.
        for _ in range(self._connections):
            yield from iter(replies.get, None)

    def stop(self) -> None:
        """Send no more; from any thread or signal handler."""
        self._stopped.set()

    def _work(
        self,
        turns: Iterator[tuple[Topic, float | None]],
        lock: threading.Lock,
        replies: SimpleQueue[Reply | None],
    ) -> None:
        try:
            while (turn := _next(turns, lock)) and not self._stopped.wait(_ahead(turn[1])):
                replies.put(self._vendor.send(*turn))
        finally:
            replies.put(None)


def _turns(topics: Sequence[Topic], rate: float | None) -> Iterator[tuple[Topic, float | None]]:
    began = time.monotonic()
    for index, topic in enumerate(topics):
        yield topic, began + index / rate if rate else None


def _next(turns: Iterator[tuple[Topic, float | None]], lock: threading.Lock) -> tuple[Topic, float | None] | None:
    # A generator cannot be advanced by two threads at once.
    with lock:
        return next(turns, None)


def _ahead(due: float | None) -> float:
    return max(0.0, due - time.monotonic()) if due is not None else 0.0
