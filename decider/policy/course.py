"""The course of a decision: the rules that matter to it, before anybody asks how far limits are used; and its end.

All of it is plain values, so that a course can be kept, and come to the same end again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from decider.policy.limit import Terms, Usage, fill_in
from decider.policy.policy import Effect
from decider.undecided import Cause, Undecided


@dataclass(frozen=True, slots=True)
class Step:
    """A rule whose condition held, or could not be evaluated (`error`); without an id, the document's default.

    With `terms` it matches where its limit is used up. The last step of a course has none, and is not in shadow.
    """

    rule_id: str
    effect: Effect | None  # None: it could not be evaluated
    shadow: bool = False
    terms: Terms | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """The steps of one decision, in the order of the rules; `document` is the path of the one that applied."""

    revision: str
    document: str
    now: datetime
    steps: Sequence[Step]

    @property
    def ending(self) -> Step:
        """The step that decides if no limit does."""
        return self.steps[-1]

    @property
    def leads_to_allow(self) -> bool:
        """Whether the request is allowed if no limit is used up."""
        return bool(self.ending.effect and self.ending.effect.allowed)


@dataclass(frozen=True, slots=True)
class ShadowOutcome:
    """What a rule in shadow would have done; or why it could not be told."""

    rule_id: str
    effect: Effect | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class LimitOutcome:
    """How far the limit of a rule is used; or why nobody can say, and the rule was passed over."""

    rule_id: str
    shadow: bool
    terms: Terms
    usage: Usage | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a course came to. Without a rule id, the document's default decided."""

    effect: Effect
    rule_id: str
    shadow: Sequence[ShadowOutcome]
    limits: Sequence[LimitOutcome]


def apart_from_time(course: Course, conclusion: Conclusion) -> Effect:
    """The effect with the same time to try again in its message whenever it was asked for: to compare, not to show."""
    deciding = next(step for step in course.steps if step.rule_id == conclusion.rule_id and not step.shadow)
    return _worded(deciding.effect or conclusion.effect, deciding.terms, Usage(0, None, full=True))


def conclude(course: Course, usages: Sequence[Usage]) -> Conclusion:
    """The end of a course, by the usage of its limits, in the order of their steps.

    Raises Undecided if a rule that counts could not be evaluated.
    """
    asked = iter(usages)
    return _conclude((step, next(asked) if step.terms else None) for step in course.steps)


def conclude_without(course: Course, trouble: str) -> Conclusion:
    """The end of a course where nobody can say how far limits are used, for the reason given.

    A request that is refused whatever the limits are is refused; a limit only ever refuses. Raises Undecided if a
    limit that must not be passed over could have changed the verdict.
    """
    if course.leads_to_allow or course.ending.effect is None:
        for step in course.steps:
            if step.terms and not step.terms.skip and not step.shadow:
                message = f'rule "{step.rule_id}": the limit could not be looked up: {trouble}'
                raise Undecided(Cause.LIMITS_UNAVAILABLE, message, rule_id=step.rule_id)
    return _conclude(((step, None) for step in course.steps), trouble)


def _conclude(steps: Iterator[tuple[Step, Usage | None]], trouble: str = "") -> Conclusion:
    shadow: list[ShadowOutcome] = []
    limits: list[LimitOutcome] = []
    for step, usage in steps:
        if step.terms:
            limits.append(LimitOutcome(step.rule_id, step.shadow, step.terms, usage, trouble))
        if step.shadow:
            shadow += _shadow(step, usage, trouble)
        elif step.effect is None:
            message = f'rule "{step.rule_id}" could not be evaluated: {step.error}'
            raise Undecided(Cause.RULE_FAILED, message, rule_id=step.rule_id)
        elif step.terms is None or (usage and usage.full):
            return Conclusion(_worded(step.effect, step.terms, usage), step.rule_id, shadow, limits)
    raise AssertionError("the last step of a course ends it")


def _shadow(step: Step, usage: Usage | None, trouble: str) -> Iterator[ShadowOutcome]:
    if step.effect is None or (step.terms and usage is None):
        yield ShadowOutcome(step.rule_id, None, step.error or trouble)
    elif step.terms is None or (usage and usage.full):
        yield ShadowOutcome(step.rule_id, _worded(step.effect, step.terms, usage))


def _worded(effect: Effect, terms: Terms | None, usage: Usage | None) -> Effect:
    """The effect with its message filled in, if it is that of a limit."""
    if terms is None or usage is None:
        return effect
    return Effect(effect.allowed, effect.code, fill_in(effect.message, terms, usage))
