"""What a process holds, as the kernel tells it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holdings:
    """Resident memory in MiB, threads and open descriptors."""

    memory: float
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> "Holdings":
        """What a process holds now."""
        lines = (line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        status = {words[0]: words[1] for words in lines if len(words) > 1}
        return cls(int(status["VmRSS:"]) / 1024, int(status["Threads:"]), len(os.listdir(f"/proc/{pid}/fd")))

    def grew(self, before: "Holdings", *, memory: float, others: int) -> bool:
        """Whether it is more than before by more than is allowed: MiB, and threads or descriptors."""
        return (
            self.memory - before.memory > memory
            or self.threads - before.threads > others
            or self.descriptors - before.descriptors > others
        )
