"""What is certain of the conditions of a document: those that are always or never true, and rules out of reach."""

from collections.abc import Iterator, Sequence

from decider.policy.compiler import Draft
from decider.policy.expression import Condition, EvaluationError, Language
from decider.policy.formula import All, Formula, Not, can_hold, connected, formula
from decider.policy.policy import Rule
from decider.policy.problem import Problem
from decider.policy.ranges import Ranges
from decider.policy.references import reads_nothing
from decider.policy.syntax import Expr

_SAID = {True: "always true", False: "never true"}


class Certainty:
    """Looks at one document's rules. It says nothing that is not so, and not everything that is."""

    def __init__(self, draft: Draft, language: Language, ranges: Ranges) -> None:
        self._draft = draft
        self._language = language
        self._ranges = ranges
        self._rules = draft.compiled.rules
        self._trees = [rule.condition.syntax() if rule.condition else None for rule in self._rules]
        self._formulas = [formula(tree) if tree else True for tree in self._trees]

    def certain(self) -> Iterator[Problem]:
        """The conditions that are always or never true, or have parts that are, and those that always fail."""
        for index, rule in enumerate(self._rules):
            tree = self._trees[index]
            if rule.condition is None or tree is None:
                continue
            said = self._said_of_all(rule.condition, tree)
            if said:
                yield self._draft.source.problem(("rules", index, "when"), f'rule "{rule.id}": the condition {said}')
            else:
                yield from (self._problem_within(index, *found) for found in self._certain_parts(tree))

    def out_of_reach(self) -> Iterator[Problem]:
        """The rules that are not always false and yet decide nothing, whatever the request is."""
        enforced: list[int] = []
        for index, rule in enumerate(self._rules):
            earlier = self._deciding_before(index, enforced) if self._can_hold(self._formulas[index]) else ""
            if earlier:
                said = f'rule "{rule.id}": never reached: {earlier} first'
                yield self._draft.source.problem(("rules", index, "id"), said)
            if _decides(rule):
                enforced.append(index)

    def _said_of_all(self, condition: Condition, tree: Expr) -> str:
        try:
            constant = reads_nothing(condition.text)
            value = condition.holds(self._language.sample) if constant else self._certain_value(formula(tree))
        except EvaluationError as error:
            return f"fails for every request: {error}"
        return "" if value is None else f"is {_SAID[value]}"

    def _certain_value(self, asked: Formula) -> bool | None:
        if not self._can_hold(asked):
            return False
        return None if self._can_hold(Not(asked)) else True

    def _certain_parts(self, tree: Expr) -> Iterator[tuple[Expr, bool]]:
        for part in connected(tree):
            value = self._certain_value(formula(part))
            if value is None:
                yield from self._certain_parts(part)
            else:
                yield part, value

    def _deciding_before(self, index: int, enforced: Sequence[int]) -> str:
        """Which earlier rules decide whenever this rule would; nothing if it can decide."""
        own = self._formulas[index]
        for earlier in enforced:
            if not self._can_hold(All((own, Not(self._formulas[earlier])))):
                return f'rule "{self._rules[earlier].id}" before it always decides'
        left = All((own, *(Not(self._formulas[earlier]) for earlier in enforced)))
        return "" if self._can_hold(left) else "the rules before it, taken together, always decide"

    def _can_hold(self, asked: Formula) -> bool:
        return can_hold(asked, self._ranges.values)

    def _problem_within(self, index: int, part: Expr, value: bool) -> Problem:
        text = self._draft.written.rules[index].when or ""
        before = text[: part.start]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        said = f'rule "{self._rules[index].id}": this part of the condition is {_SAID[value]}'
        return self._draft.source.problem_within(("rules", index, "when"), line, column, said)


def _decides(rule: Rule) -> bool:
    """Whether a rule ends the decision whenever its condition is true."""
    return not rule.shadow and rule.limit is None
