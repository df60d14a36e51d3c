"""Deciders and adapters as processes, to be broken and mended."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from fault_case import Case
from hammer import Replica
from policies import write_policy
from processes import Program
from webhooks import APPS, POLICY


@dataclass
class Deployment:
    """What a test has started so far, of which each can be ended and started again."""

    folder: Path
    deciders: list[Replica] = field(default_factory=list)
    adapters: list[Replica] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    @property
    def policy(self) -> Path:
        return self.folder / "policy"

    def write_policy(self, text: str = POLICY) -> None:
        self.policy.mkdir(exist_ok=True)
        write_policy(self.policy, text)

    def decider(self, *, before: tuple[str, ...] = (), address: str = "", **settings: str) -> Replica:
        """Start one more decider; `before` is what runs it."""
        defaults = {
            "DECIDER_POLICY": str(self.policy),
            "DECIDER_LIMITS": "memory://",
            "DECIDER_RELOAD_INTERVAL": "0.1",
            "DECIDER_DRAIN_PAUSE": "0",
        }
        command = (*before, sys.executable, "-m", "decider", "serve")
        self.deciders.append(_replica(command, "DECIDER_LISTEN", defaults | settings, address))
        return self.deciders[-1]

    def adapter(self, target: str = "", **settings: str) -> Replica:
        """Start one more adapter; without a target it asks all deciders that there are."""
        everyone = "ipv4:" + ",".join(decider.address for decider in self.deciders)
        defaults = {"ADAPTER_APPS": APPS, "ADAPTER_DECIDER": target or everyone, "ADAPTER_DRAIN_PAUSE": "0"}
        command = (sys.executable, "-m", "adapter", "serve")
        self.adapters.append(_replica(command, "ADAPTER_LISTEN", defaults | settings, ""))
        return self.adapters[-1]

    def under_load(self, fault: str, *, back: float = 5.0) -> Case:
        """What is done inside is done under a steady load, and judged at its end."""
        self.cases.append(Case(fault, self.adapters, self.deciders, back=back))
        return self.cases[-1]


def _replica(command: tuple[str, ...], listen: str, settings: dict[str, str], address: str) -> Replica:
    def start(where: str) -> Program:
        return Program(*command, settings={**settings, listen: where}).wait_for('"event": "serving"')

    return Replica(start, address) if address else Replica(start)
