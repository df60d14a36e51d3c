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

    def left(self, arrival: float) -> float:
        """Return the time until an answer has to be written; less than none: it is overdue."""
        return self.total - self.reserve - self.spent(arrival)

    def for_decider(self, arrival: float, complete: float) -> float:
        """Return what the decider may take; `complete` is when the last byte arrived.

        Raises Undecided when that is too little: the webhook came in too slowly, or waited too long for a
        thread. Asking nobody then is what lets a queue drain.
        """
        left = self.left(arrival)
        if left < FLOOR:
            raise Undecided(self._waited_for(arrival, complete), f"{left:.3f} s left for the decider")
        return left

    def _waited_for(self, arrival: float, complete: float) -> Cause:
        # The longer wait is to blame: that for bytes is the sender's or the network's, that for a thread is ours.
        return Cause.SLOW_ARRIVAL if complete - arrival > self.spent(complete) else Cause.OVERLOAD
