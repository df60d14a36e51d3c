"""Runs the cases of a suite against a policy."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from decider import messages
from decider.explain import in_words
from decider.policy.engine import Decision, decide
from decider.policy.limit import Ledger, Unknown, Unused
from decider.policy.outcomes import Outcome, outcomes
from decider.policy.policy import Policy
from decider.suite.document import Expected
from decider.suite.reader import RunnableCase
from decider.undecided import Undecided
from decider.validation import validate

RuleName = tuple[str, str]  # a document's path and a rule's id
DEFAULT_NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)  # for cases that give no time: the same on every day


@dataclass(frozen=True, slots=True)
class Result:
    """One case that was run: how it differs from what was expected, and how the decision came about."""

    case: RunnableCase
    differences: Sequence[str]
    trace: str
    matched: Sequence[RuleName]  # the rule that decided, and those in shadow that matched
    seconds: float


def run(policy: Policy, case: RunnableCase) -> Result:
    """Run one case."""
    start = perf_counter()
    try:
        validate(case.request)
        decision = decide(policy, case.request, case.now or DEFAULT_NOW, _ledger(case))
    except Undecided as undecided:
        differences = _compare_undecided(case.expected, undecided)
        return Result(case, differences, undecided.message, (), perf_counter() - start)
    seconds = perf_counter() - start
    trace = in_words(case.request, messages.explained(decision))
    differences = [*_unknown_limits(case, decision), *_compare(case.expected, decision)]
    return Result(case, differences, trace, list(_matched(decision)), seconds)


def rules_of(policy: Policy) -> list[RuleName]:
    """Every rule of a policy."""
    return [(document.path, rule.id) for document in policy.documents for rule in document.rules]


def never_matched(policy: Policy, results: Iterable[Result]) -> list[RuleName]:
    """The rules that matched in no case."""
    matched = {name for result in results for name in result.matched}
    return [name for name in rules_of(policy) if name not in matched]


def _matched(decision: Decision) -> Iterator[RuleName]:
    for found in outcomes(decision):
        if found.outcome is Outcome.MATCHED:
            yield decision.evaluation.course.document, found.rule.id


def _ledger(case: RunnableCase) -> Ledger:
    return Unknown() if case.used == "unknown" else Unused(case.used)


def _unknown_limits(case: RunnableCase, decision: Decision) -> Iterator[str]:
    """What `used` names and the document does not have: a misspelt rule would go unnoticed."""
    if case.used == "unknown":
        return
    document = decision.evaluation.document
    known = {rule.id for rule in document.rules if rule.limit}
    for rule_id in sorted(case.used.keys() - known):
        yield f"`used` names {rule_id}, and {document.path} has no such rule with a limit"


def _compare_undecided(expected: Expected, undecided: Undecided) -> list[str]:
    if expected.undecided is undecided.cause:
        return []
    wanted = expected.undecided.value if expected.undecided else "a decision"
    return [f"expected {wanted}, and it is undecided: {undecided.cause.value}"]


def _compare(expected: Expected, decision: Decision) -> Iterator[str]:
    conclusion = decision.conclusion
    shadow = [found.rule_id for found in conclusion.shadow if found.effect]
    found = {
        "verdict": "allow" if conclusion.effect.allowed else "refuse",
        "code": conclusion.effect.code,
        "rule": conclusion.rule_id,
        "message": conclusion.effect.message,
        "shadow": shadow,
        "undecided": None,
    }
    for name, value in found.items():
        wanted = getattr(expected, name)
        if wanted is not None and wanted != value:
            yield f"expected {name} {_said(wanted)}, and it is {_said(value)}"


def _said(value: object) -> str:
    return "none" if value in ("", None, []) else str(value)
