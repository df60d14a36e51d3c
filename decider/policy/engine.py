"""Decides: ordered rules, the first match wins, then the document's default."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from decider.policy.expression import EvaluationError, Variables
from decider.policy.facts import Facts
from decider.policy.policy import Document, Effect, Policy, Rule
from decider.undecided import Cause, Undecided, Violation
from decider.v1 import decider_pb2 as pb


class Outcome(StrEnum):
    """What became of a rule in one decision."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    ERROR = "error"  # of a rule in shadow only: any other ends the decision
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """One rule and what became of it; `error` says why it could not be evaluated."""

    rule: Rule
    outcome: Outcome
    error: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and how it came about. `rule` is None when the document's default decided."""

    effect: Effect
    rule: Rule | None
    revision: str
    document: Document
    facts: Facts
    now: datetime
    outcomes: Sequence[RuleOutcome]  # of every rule of the document, in order


def decide(policy: Policy, request: pb.DecideTopicCreationRequest, now: datetime) -> Decision:
    """Decide a request that is within the limits of the contract, at the time `now`.

    Raises Undecided if the policy has no document for the app or a rule cannot be evaluated.
    """
    document = _document(policy, request.app_id)
    facts = document.lists.facts(request)
    outcomes = _run(document, policy.language.bind(Variables(request, facts.operator, facts.name, facts.client, now)))
    decisive = next((found.rule for found in outcomes if _decides(found)), None)
    return Decision(
        effect=decisive.effect if decisive else document.default,
        rule=decisive,
        revision=policy.revision,
        document=document,
        facts=facts,
        now=now,
        outcomes=outcomes,
    )


def _document(policy: Policy, app_id: int) -> Document:
    document = policy.document_for(app_id)
    if document is None:
        missing = Violation("app_id", f"no policy document is for app {app_id}, and there is no default document")
        raise Undecided(Cause.INVALID_REQUEST, "invalid request", violations=(missing,))
    return document


def _run(document: Document, activation: object) -> list[RuleOutcome]:
    outcomes: list[RuleOutcome] = []
    decided = False
    for rule in document.rules:
        found = RuleOutcome(rule, Outcome.NOT_REACHED) if decided else _try(rule, activation)
        outcomes.append(found)
        decided = decided or _decides(found)
    return outcomes


def _try(rule: Rule, activation: object) -> RuleOutcome:
    try:
        matched = rule.condition is None or rule.condition.holds(activation)
    except EvaluationError as error:
        if not rule.shadow:
            message = f'rule "{rule.id}" could not be evaluated: {error}'
            raise Undecided(Cause.RULE_FAILED, message, rule_id=rule.id) from None
        return RuleOutcome(rule, Outcome.ERROR, str(error))
    return RuleOutcome(rule, Outcome.MATCHED if matched else Outcome.NOT_MATCHED)


def _decides(found: RuleOutcome) -> bool:
    return found.outcome is Outcome.MATCHED and not found.rule.shadow
