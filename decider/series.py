"""Counters by rules of the policy, whose series come and go with the rules."""

from collections.abc import Callable
from threading import Lock

from prometheus_client import Counter


class SeriesByRule:
    """A counter whose series go with their rule: else each change of the policy would leave some behind."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._lock = Lock()
        # Looking them up in the counter takes longer than counting.
        self._children: dict[tuple[str, ...], Counter] = {}

    def inc(self, *labels: str) -> None:
        """Count one."""
        (self._children.get(labels) or self._child(labels)).inc()

    def keep(self, wanted: Callable[[tuple[str, ...]], bool]) -> None:
        """Forget the series whose labels are not wanted."""
        with self._lock:
            for labels in [labels for labels in self._children if not wanted(labels)]:
                self._counter.remove(*labels)
                del self._children[labels]

    def _child(self, labels: tuple[str, ...]) -> Counter:
        with self._lock:
            return self._children.setdefault(labels, self._counter.labels(*labels))
