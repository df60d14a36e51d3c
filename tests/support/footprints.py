"""What a process holds of the machine, as the system tells it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

# What a process may hold more after a fault than before: the decider's 8 threads for the store of limits, which start
# when they are needed first; descriptors of connections that are being opened or closed.
_SPARE_THREADS = 8
_SPARE_DESCRIPTORS = 8
_SPARE_MEGABYTES = 16.0  # that the allocator keeps


@dataclass(frozen=True, slots=True)
class Footprint:
    """Threads, descriptors, and megabytes of resident memory."""

    threads: int
    descriptors: int
    megabytes: float

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        """The footprint of a process."""
        folder = Path(f"/proc/{pid}")
        status = (folder / "status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
        assert found
        return cls(len(os.listdir(folder / "task")), len(os.listdir(folder / "fd")), int(found[1]) / 1024)

    def is_back_to(self, before: "Footprint") -> bool:
        """Whether it is back to an earlier one, but for what comes and goes, and for what the allocator may keep."""
        return (
            self.threads <= before.threads + _SPARE_THREADS
            and self.descriptors <= before.descriptors + _SPARE_DESCRIPTORS
            and self.megabytes <= before.megabytes + _SPARE_MEGABYTES
        )
