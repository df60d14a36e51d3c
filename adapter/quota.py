"""How many log lines of one sort are written in a second."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Second:
    number: int
    taken: int = 0
    left_out: int = 0


class Quota:
    """Lets so many lines of each sort through in a second; there must be few sorts."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._seconds: dict[Hashable, _Second] = {}

    def take(self, sort: Hashable) -> int | None:
        """Return how many lines were left out since the last that was not; None: leave this one out, too."""
        now = int(self._clock())
        with self._lock:
            second = self._seconds.setdefault(sort, _Second(now))
            if second.number != now:
                second.number, second.taken = now, 0
            if second.taken == self._most:
                second.left_out += 1
                return None
            second.taken += 1
            left_out, second.left_out = second.left_out, 0
            return left_out
