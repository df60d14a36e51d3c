"""A clock that all processes of one machine share and nobody can set: the time since it was started."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decider.limits.window import MICROSECONDS

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clock:
    """`boot` tells one start of the machine from another, `since_boot` and `time_of_day` are in seconds."""

    boot: str
    since_boot: Callable[[], float]
    time_of_day: Callable[[], float]

    def offset(self, newest: int) -> int:
        """What makes the time since boot a time of day, in microseconds, and no earlier than the newest on record."""
        return max(round(self.time_of_day() * MICROSECONDS), newest) - self.microseconds()

    def microseconds(self) -> int:
        """The time since boot in whole microseconds."""
        return round(self.since_boot() * MICROSECONDS)


def machine_clock() -> Clock:
    """The clock of this machine."""
    return Clock(_BOOT_ID.read_text().strip(), lambda: time.clock_gettime(time.CLOCK_BOOTTIME), time.time)
