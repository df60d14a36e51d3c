"""The one error of deciding: a request for which there is no decision, and the cause."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why there is no decision. `decider.status` maps each to a gRPC status."""

    INVALID_REQUEST = "invalid_request"  # the request breaks a limit of the contract
    NO_POLICY = "no_policy"  # none is loaded yet
    RULE_FAILED = "rule_failed"  # a rule's condition could not be evaluated
    LIMITS_UNAVAILABLE = "limits_unavailable"  # nobody can say how far a limit is used
    DEFECT = "defect"  # a bug of ours


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that breaks a limit: its path in the request, and what is wrong."""

    field: str
    description: str


class Undecided(Exception):
    """No decision was reached; the caller's own failure policy applies.

    `rule_id` names the rule that failed, `violations` every bad field of an invalid request.
    """

    def __init__(
        self, cause: Cause, message: str, *, rule_id: str = "", violations: tuple[Violation, ...] = ()
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.rule_id = rule_id
        self.violations = violations
