"""The time that one webhook may take."""

from collections.abc import Callable
from dataclasses import dataclass

from adapter.errors import Undecided
from adapter.outcome import Cause

# An RPC that is given less, in seconds, could only fail, and would add to the load that made it late.
FLOOR = 0.02


@dataclass(frozen=True, slots=True)
class Budget:
    """Counts from a webhook's first byte; all in seconds, by a clock that never jumps."""

    total: float
    # What is kept back for handing the answer over.
    reserve: float
    clock: Callable[[], float]

    def spent(self, arrival: float) -> float:
        """Return the time since a webhook's first byte arrived."""
        return self.clock() - arrival

    def for_decider(self, arrival: float) -> float:
        """Return what the decider may take.

        Raises Undecided when that is too little: the webhook waited too long for a thread, or came in
        too slowly. Asking nobody then is what lets a queue drain.
        """
        left = self.total - self.reserve - self.spent(arrival)
        if left < FLOOR:
            raise Undecided(Cause.OVERLOAD, f"{left:.3f} s left for the decider")
        return left
