"""A real store that can be told to hang and to fail."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

from decider.limits.memory import MemoryStore
from decider.limits.store import Counter, Receipt, Settlement, StoreError


@dataclass
class Moody:
    """A store behind a door: shut, calls hang; broken, they fail with a reason."""

    reason: str = "broken"
    store: MemoryStore = field(default_factory=lambda: MemoryStore(time.monotonic))
    door: Event = field(default_factory=Event)
    broken: bool = False
    calls: int = 0
    workers: int = 2
    system: str = "moody"

    def __post_init__(self) -> None:
        self.door.set()

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, deadline: float
    ) -> Settlement:
        """See Store."""
        self.calls += 1
        assert self.door.wait(30)
        if self.broken:
            raise StoreError(self.reason)
        return self.store.settle(counters, receipt, take=take, deadline=deadline)

    def reset(self, key: str, deadline: float) -> int:
        """See Store."""
        return self.store.reset(key, deadline)

    def close(self) -> None:
        """See Store."""
