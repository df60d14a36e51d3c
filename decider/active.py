"""The policy in use: nothing until it is loaded, then one revision at a time."""

from dataclasses import dataclass
from datetime import datetime

from decider.policy.policy import Policy
from decider.undecided import Cause, Undecided


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy and the time since when it decides."""

    policy: Policy
    load_time: datetime


class ActivePolicy:
    """Holds the policy in use. Reading it and replacing it are each one step, so no lock is needed."""

    def __init__(self) -> None:
        self._loaded: Loaded | None = None

    def use(self, policy: Policy, load_time: datetime) -> None:
        """Decide by this policy from now on."""
        self._loaded = Loaded(policy, load_time)

    def get(self) -> Loaded:
        """The policy in use. Raises Undecided (NO_POLICY) before the first one."""
        if self._loaded is None:
            raise Undecided(Cause.NO_POLICY, "the policy is not loaded yet")
        return self._loaded
