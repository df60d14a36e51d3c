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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the latest change on disk was not taken, and when it was tried."""

    time: datetime
    message: str


class PolicySlot:
    """Holds the policy in use. Reading it and replacing it are each one step, so no lock is needed."""

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        self.failure: Failure | None = None

    def use(self, policy: Policy, now: datetime) -> None:
        """Decide by this policy from now on. One of the same revision only mends a failure."""
        if self.loaded is None or self.loaded.policy.revision != policy.revision:
            self.loaded = Loaded(policy, now)
        self.failure = None

    def keep(self, reason: str, now: datetime) -> None:
        """Stay with the policy in use, if there is one, because its change cannot be used."""
        self.failure = Failure(now, reason)

    def get(self) -> Loaded:
        """The policy in use. Raises Undecided (NO_POLICY) before the first one."""
        if self.loaded is None:
            raise Undecided(Cause.NO_POLICY, "the policy is not loaded yet")
        return self.loaded
