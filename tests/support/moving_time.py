"""Time that tests move."""

from dataclasses import dataclass

from decider.limits.boottime import Clock


@dataclass
class MovingTime:
    """Seconds since boot, and the time of day, which can be set."""

    since_boot: float = 1000.0
    of_day: float = 1_700_000_000.0
    boot: str = "first"

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.since_boot += seconds
        self.of_day += seconds

    def restart(self) -> None:
        """Start the machine again."""
        self.boot += "+"
        self.since_boot = 5.0

    def clock(self) -> Clock:
        """The clock of this time."""
        return Clock(self.boot, lambda: self.since_boot, lambda: self.of_day)
