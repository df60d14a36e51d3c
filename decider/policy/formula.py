"""What a condition comes down to: tests of single terms, joined by and, not and if; and whether it can hold at all.

A CEL expression can also fail, and then it is neither true nor false. `&&` and `||` are such that, wherever a condition
is true although a part of it fails, it is true with any value in place of that part (Kleene's strong logic). So what no
values make true, nothing makes true, and failures need no thought here. What is not understood is a term of its own,
true or false as it likes: that can hide that a condition never holds, and never shows one that does.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from decider.policy.syntax import Expr, Kind, Type

_MOST_STEPS = 20_000  # of one search, some 50 ms; beyond them nothing is said
_Compare = Callable[[Any, Any], bool]
_ORDER: dict[str, _Compare] = {"_<_": operator.lt, "_<=_": operator.le, "_>_": operator.gt, "_>=_": operator.ge}
_EQUALITY: dict[str, _Compare] = {"_==_": operator.eq, "_!=_": operator.ne}
_FLIPPED = {"_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}


@dataclass(frozen=True, slots=True)
class Test:
    """A term compared with what is fixed: a value, or several that it may be in."""

    term: Expr
    compare: _Compare
    operand: object

    def of(self, value: object) -> bool:
        """Whether it holds for a value of the term."""
        return self.compare(value, self.operand)

    def constants(self) -> Sequence[object]:
        """The values at which its outcome can change."""
        return self.operand if isinstance(self.operand, tuple) else (self.operand,)


@dataclass(frozen=True, slots=True)
class All:
    """True if every part is."""

    parts: tuple["Formula", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is not."""

    part: "Formula"


@dataclass(frozen=True, slots=True)
class If:
    """One part or the other."""

    condition: "Formula"
    then: "Formula"
    otherwise: "Formula"


Formula = bool | Test | All | Not | If
# Values of a term, of which the constants that it is compared with are given: enough for every outcome there can be.
Values = Callable[[Expr, Iterable[object]], Sequence[object]]


def formula(expr: Expr) -> Formula:
    """What an expression of type bool comes down to."""
    if expr.kind is Kind.CONSTANT and isinstance(expr.label, bool):
        return expr.label
    parts = tuple(map(formula, connected(expr)))
    match name_of(expr), parts:
        case "_&&_", _:
            return All(parts)
        case "_||_", _:
            return Not(All(tuple(map(Not, parts))))
        case "!_", (part,):
            return Not(part)
        case "_?_:_", (condition, then, otherwise):
            return If(condition, then, otherwise)
        case "_==_", (left, right):
            return If(left, right, Not(right))
        case "_!=_", (left, right):
            return If(left, Not(right), right)
    return _test(expr)


def connected(expr: Expr) -> tuple[Expr, ...]:
    """The conditions that a condition is made of; none if it is a test of something else."""
    if name_of(expr) in ("_&&_", "_||_", "!_", "_?_:_"):
        return expr.args
    if name_of(expr) in _EQUALITY and all(arg.type is Type.BOOL for arg in expr.args):
        return expr.args
    return ()


def name_of(expr: Expr) -> str:
    """The function that is called, if one is."""
    match expr:
        case Expr(kind=Kind.CALL, label=(str(name), _)):
            return name
    return ""


def can_hold(wanted: Formula, values: Values) -> bool:
    """Whether some values of its terms make it true; also True where that takes too long to find out."""
    try:
        search = _Search(wanted, values)
        return search.finds(search.reduced(wanted))
    except (_TooLong, RecursionError):
        return True


def _test(expr: Expr) -> Formula:
    match name_of(expr), expr.args:
        case str(name), (left, right) if left == right and left.type in (Type.INT, Type.STRING):
            if name in _EQUALITY or name in _ORDER:
                return name in ("_==_", "_<=_", "_>=_")
        case "@in", (term, Expr(kind=Kind.LIST, label=(), args=items)) if all(_is_fixed(item, term) for item in items):
            return Test(term, lambda value, allowed: value in allowed, tuple(item.label for item in items))
        case str(name), (left, right) if name in _EQUALITY or name in _ORDER:
            term, fixed, name = (
                (left, right, name) if _is_fixed(right, left) else (right, left, _FLIPPED.get(name, name))
            )
            if _is_fixed(fixed, term) and (name in _EQUALITY or term.type is Type.INT):
                return Test(term, {**_EQUALITY, **_ORDER}[name], fixed.label)
    return Test(expr, operator.eq, True)


def _is_fixed(item: Expr, term: Expr) -> bool:
    """Whether it is a constant of the term's type, and one of which something can be worked out."""
    return item.kind is Kind.CONSTANT and item.type is term.type and term.type in (Type.INT, Type.STRING)


class _TooLong(Exception):
    pass


class _Search:
    """Tries one term after the other, each with a value for every combination of its tests' outcomes."""

    def __init__(self, wanted: Formula, values: Values) -> None:
        self._left = _MOST_STEPS
        tests: dict[Expr, list[Test]] = {}
        for test in _tests(wanted):
            tests.setdefault(test.term, []).append(test)
        self._values = {term: _distinct(of_term, values(term, _constants(of_term))) for term, of_term in tests.items()}

    def finds(self, wanted: Formula) -> bool:
        """Whether some values make it true. A formula in which nothing is left to choose is a bool."""
        if isinstance(wanted, bool):
            return wanted
        term = next(_tests(wanted)).term
        return any(self.finds(self._with(wanted, term, value)) for value in self._values[term])

    def reduced(self, given: Formula) -> Formula:
        """What is left of a formula where there is no choice: its own constants go, and terms of a single outcome."""
        left = self._with(given, None, None)
        for term, values in self._values.items():
            left = self._with(left, term, values[0]) if len(values) == 1 else left
        return left

    def _with(self, given: Formula, term: Expr | None, value: object) -> Formula:
        """What is left of a formula once a term has a value."""
        self._left -= 1
        if self._left < 0:
            raise _TooLong
        match given:
            case Test():
                return given.of(value) if given.term == term else given
            case Not(part):
                part = self._with(part, term, value)
                return not part if isinstance(part, bool) else Not(part)
            case All(parts):
                return self._all_with(parts, term, value)
            case If(condition, then, otherwise):
                condition = self._with(condition, term, value)
                if isinstance(condition, bool):
                    return self._with(then if condition else otherwise, term, value)
                return If(condition, self._with(then, term, value), self._with(otherwise, term, value))
        return given

    def _all_with(self, parts: Sequence[Formula], term: Expr | None, value: object) -> Formula:
        left = []
        for part in parts:
            part = self._with(part, term, value)
            if part is False:
                return False
            if part is not True:
                left.append(part)
        return All(tuple(left)) if left else True


def _tests(given: Formula) -> Iterator[Test]:
    match given:
        case Test():
            yield given
        case Not(part):
            yield from _tests(part)
        case All(parts):
            for part in parts:
                yield from _tests(part)
        case If(condition, then, otherwise):
            for part in (condition, then, otherwise):
                yield from _tests(part)


def _constants(tests: Iterable[Test]) -> list[object]:
    return [constant for test in tests for constant in test.constants()]


def _distinct(tests: Sequence[Test], values: Iterable[object]) -> list[object]:
    """One value for each combination of outcomes."""
    found: dict[tuple[bool, ...], object] = {}
    for value in values:
        found.setdefault(tuple(test.of(value) for test in tests), value)
    return list(found.values())
