"""What became of every rule of a document in one decision, those not reached included."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from decider.policy.course import LimitOutcome, ShadowOutcome
from decider.policy.engine import Decision
from decider.policy.limit import Claim
from decider.policy.policy import Rule


class Outcome(StrEnum):
    """What became of a rule in one decision."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    ERROR = "error"  # of a rule in shadow only: any other ends the decision
    NOT_REACHED = "not_reached"
    SKIPPED = "skipped"  # nobody could say how far its limit is used


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule and what became of it; `error` says why that could not be told. With a limit: its key and usage."""

    rule: Rule
    outcome: Outcome
    error: str = ""
    claim: Claim | None = None
    limit: LimitOutcome | None = None


def outcomes(decision: Decision) -> Iterator[RuleOutcome]:
    """What became of every rule of the document, in order."""
    watched = {found.rule_id: found for found in decision.conclusion.shadow}
    limits = {found.rule_id: found for found in decision.conclusion.limits}
    claims = {claim.rule_id: claim for claim in decision.evaluation.claims}
    reached = True
    for rule in decision.evaluation.document.rules:
        limit = limits.get(rule.id)
        claim = claims[rule.id] if limit else None
        if rule.id == decision.conclusion.rule_id:
            yield RuleOutcome(rule, Outcome.MATCHED, "", claim, limit)
            reached = False
        elif not reached:
            yield RuleOutcome(rule, Outcome.NOT_REACHED)
        else:
            yield RuleOutcome(rule, *_passed(watched.get(rule.id), limit), claim, limit)


def _passed(watched: ShadowOutcome | None, limit: LimitOutcome | None) -> tuple[Outcome, str]:
    """What became of a rule that was reached and did not decide."""
    if watched:
        return (Outcome.MATCHED, "") if watched.effect else (Outcome.ERROR, watched.error)
    if limit and limit.error:
        return Outcome.SKIPPED, limit.error
    return Outcome.NOT_MATCHED, ""
