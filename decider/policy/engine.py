"""Decides: ordered rules, the first match wins, then the document's default."""

from collections.abc import Iterator, Sequence
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
    shadow: Sequence[RuleOutcome]  # the rules in shadow that matched or could not be evaluated, in order
    revision: str
    document: Document
    facts: Facts
    now: datetime

    def outcomes(self) -> Iterator[RuleOutcome]:
        """What became of every rule of the document, in order."""
        told = {found.rule.id: found for found in self.shadow}
        reached = True
        for rule in self.document.rules:
            if rule is self.rule:
                yield RuleOutcome(rule, Outcome.MATCHED)
                reached = False
            else:
                yield told.get(rule.id, RuleOutcome(rule, Outcome.NOT_MATCHED if reached else Outcome.NOT_REACHED))


def decide(policy: Policy, request: pb.DecideTopicCreationRequest, now: datetime) -> Decision:
    """Decide a request that is within the limits of the contract, at the time `now`.

    Raises Undecided if the policy has no document for the app or a rule cannot be evaluated.
    """
    document = _document(policy, request.app_id)
    facts = document.lists.facts(request)
    activation = policy.language.bind(Variables(request, facts.operator, facts.name, facts.client, now))
    shadow: list[RuleOutcome] = []
    rule = _first_match(document.rules, activation, shadow)
    return Decision(
        effect=rule.effect if rule else document.default,
        rule=rule,
        shadow=shadow,
        revision=policy.revision,
        document=document,
        facts=facts,
        now=now,
    )


def _document(policy: Policy, app_id: int) -> Document:
    document = policy.document_for(app_id)
    if document is None:
        missing = Violation("app_id", f"no policy document is for app {app_id}, and there is no default document")
        raise Undecided(Cause.INVALID_REQUEST, "invalid request", violations=(missing,))
    return document


def _first_match(rules: Sequence[Rule], activation: object, shadow: list[RuleOutcome]) -> Rule | None:
    """The rule that decides; what rules in shadow would have done until then goes into `shadow`."""
    for rule in rules:
        try:
            if rule.condition is None or rule.condition.holds(activation):
                if not rule.shadow:
                    return rule
                shadow.append(RuleOutcome(rule, Outcome.MATCHED))
        except EvaluationError as error:
            if not rule.shadow:
                message = f'rule "{rule.id}" could not be evaluated: {error}'
                raise Undecided(Cause.RULE_FAILED, message, rule_id=rule.id) from None
            shadow.append(RuleOutcome(rule, Outcome.ERROR, str(error)))
    return None
