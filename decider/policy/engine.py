"""Decides: ordered rules, the first match wins, then the document's default."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from decider.policy.course import Conclusion, Course, Step, conclude, conclude_without
from decider.policy.expression import EvaluationError, Variables
from decider.policy.facts import Facts
from decider.policy.limit import Claim, Ledger, LimitsUnavailable, Unused
from decider.policy.policy import Document, Policy, Rule
from decider.undecided import Cause, Undecided, Violation
from decider.v1 import decider_pb2 as pb


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rules, evaluated for one request: the course that the decision takes, and what it claims of limits."""

    course: Course
    claims: Sequence[Claim]  # of the steps that have terms, in their order
    document: Document
    facts: Facts


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a request, and how it came about."""

    evaluation: Evaluation
    conclusion: Conclusion


def decide(
    policy: Policy, request: pb.DecideTopicCreationRequest, now: datetime, ledger: Ledger | None = None
) -> Decision:
    """Decide a request that is within the limits of the contract, at the time `now`.

    Without a ledger no limit is used. Raises Undecided if the policy has no document for the app, a rule cannot be
    evaluated, or the ledger does not know.
    """
    evaluation = evaluate(policy, request, now)
    course = evaluation.course
    take = course.leads_to_allow and not request.dry_run
    try:
        usages = (ledger or Unused()).settle(evaluation.claims, take=take) if evaluation.claims else ()
    except LimitsUnavailable as error:
        return Decision(evaluation, conclude_without(course, str(error)))
    return Decision(evaluation, conclude(course, usages))


def evaluate(policy: Policy, request: pb.DecideTopicCreationRequest, now: datetime) -> Evaluation:
    """Evaluate the rules for a request, limits aside. Raises Undecided if the policy has no document for the app."""
    document = _document(policy, request.app_id)
    facts = document.lists.facts(request)
    activation = policy.language.bind(Variables(request, facts.operator, facts.name, facts.client, now))
    claims: list[Claim] = []
    steps = list(_steps(document, activation, claims))
    return Evaluation(Course(policy.revision, document.path, now, steps), claims, document, facts)


def _document(policy: Policy, app_id: int) -> Document:
    document = policy.document_for(app_id)
    if document is None:
        missing = Violation("app_id", f"no policy document is for app {app_id}, and there is no default document")
        raise Undecided(Cause.INVALID_REQUEST, missing.description, violations=(missing,))
    return document


def _steps(document: Document, activation: Any, claims: list[Claim]) -> Iterator[Step]:
    """The steps up to the first that ends the course; what they claim goes into `claims`."""
    for rule in document.rules:
        try:
            if rule.condition and not rule.condition.holds(activation):
                continue
            claim = _claim(rule, activation)
        except EvaluationError as error:
            yield Step(rule.id, None, rule.shadow, error=str(error))
        else:
            claims += claim
            yield Step(rule.id, rule.effect, rule.shadow, rule.limit.terms if rule.limit else None)
            if rule.limit:
                continue
        if not rule.shadow:
            return
    yield Step("", document.default)


def _claim(rule: Rule, activation: Any) -> list[Claim]:
    if rule.limit is None:
        return []
    key = [part for each in rule.limit.keys for part in each.parts(activation)]
    return [Claim(rule.id, key, rule.limit.terms, rule.shadow)]
