"""Finds out that a store is in trouble, lets it alone, and tries again now and then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

_TRIES = 3  # failures in a row, after which the store is left alone
_PROBE_EVERY = 1.0  # seconds; then one call is let through, to see
_SILENCE = 1.0  # seconds without any answer, after which every failure counts
_TELL_EVERY = 10.0  # seconds between lines about trouble that goes on
_TELL_ANEW = 1.0  # seconds between lines about trouble that comes and goes


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row, and says when to try again and when to tell of it. Thread-safe; `clock` in seconds."""

    clock: Callable[[], float]
    _failures: int = 0
    _silent_since: float | None = None  # the first failure after an answer
    _next_try: float = 0.0
    _next_tell: float = 0.0
    _told: bool = False
    _lock: Lock = field(default_factory=Lock)

    @property
    def is_open(self) -> bool:
        """Whether calls are kept from the store, but for one now and then."""
        return self._failures >= _TRIES

    def lets_through(self, *, needed: bool = True) -> bool:
        """Whether a call may be made; while open, one a second. One that is not needed waits after any failure."""
        with self._lock:
            waits = self.is_open or (self._failures and not needed)
            if waits and self.clock() < self._next_try:
                return False
            self._next_try = self.clock() + _PROBE_EVERY
            return True

    def failed(self, *, surely: bool = True) -> bool:
        """Count a failure; one that may be no fault of the store only where nothing else has come for a while.

        Returns whether to tell of it: when trouble begins, and then now and then.
        """
        with self._lock:
            now = self.clock()
            self._silent_since = now if self._silent_since is None else self._silent_since
            if not surely and now - self._silent_since < _SILENCE:
                return False
            self._failures += 1
            self._next_try = now + _PROBE_EVERY
            return self._tells(now)

    def _tells(self, now: float) -> bool:
        if now < self._next_tell:
            return False
        self._next_tell = now + _TELL_EVERY
        self._told = True
        return True

    def answered(self) -> bool:
        """Forget the failures; returns whether to tell that trouble is over, because its begin was told."""
        with self._lock:
            self._failures, self._silent_since = 0, None
            told, self._told = self._told, False
            if told:
                self._next_tell = self.clock() + _TELL_ANEW
            return told
