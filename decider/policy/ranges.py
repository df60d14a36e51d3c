"""Which values the terms of a condition can have, by the contract and by what facts are."""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from decider.policy.formula import name_of
from decider.policy.names import fold
from decider.policy.names.characters import SCRIPTS
from decider.policy.syntax import Expr, Kind, Type

_INT = range(-(2**63), 2**63)
_NAME = range(1, 1001)  # characters of a topic's name
_INTS = {"name.length": _NAME, "request.app_id": range(1, 2**63), "request.platform": range(-(2**31), 2**31)}
_SIZES = {  # of texts in characters, of lists and maps in entries
    "request.topic_name": _NAME,
    "request.operator_user_id": range(1, 129),
    "request.group_type": range(65),
    "request.client_ip": range(46),
    "request.request_id": range(129),
    "request.attributes": range(65),
    "name.folded": range(18 * _NAME.stop),
}
_ANY_SIZE = range(2**63)
_OF_TIMESTAMP = {
    "timestamp_to_year": range(10001),
    "timestamp_to_month": range(12),
    "timestamp_to_day_of_month": range(31),
    "timestamp_to_day_of_month_1_based": range(1, 32),
    "timestamp_to_day_of_week": range(7),
    "timestamp_to_day_of_year": range(366),
    "timestamp_to_hours": range(24),
    "timestamp_to_minutes": range(60),
    "timestamp_to_seconds": range(60),
    "timestamp_to_milliseconds": range(1000),
}
_CAPITAL = re.compile("[A-Z]")


@dataclass(frozen=True, slots=True)
class Ranges:
    """The values that terms can have in one document. `apps` are those that it is for; `others` have their own."""

    apps: Sequence[int]
    others: Set[int]

    def values(self, term: Expr, constants: Iterable[object]) -> Sequence[object]:
        """Values of a term: one on either side of each constant that it is compared with, as far as there are any."""
        if term.kind is Kind.CONSTANT:
            return (term.label,)
        match term.type:
            case Type.INT:
                return self._ints(term, [constant for constant in constants if isinstance(constant, int)])
            case Type.STRING:
                return [*(text for text in constants if isinstance(text, str) and _can_be(term, text)), _ANOTHER]
        return (False,) if _is_never_true(term) else (True, False)

    def _ints(self, term: Expr, constants: Sequence[int]) -> Sequence[int]:
        is_app = path_of(term) == "request.app_id"
        if is_app and self.apps:
            return self.apps
        excluded = self.others if is_app else frozenset()
        allowed = _range_of(term)
        near = (value + step for value in (*constants, *excluded) for step in (-1, 0, 1))
        return [value for value in (allowed[0], *near, allowed[-1]) if value in allowed and value not in excluded]


class _Another:
    """A text that is none of those that it is compared with."""


_ANOTHER = _Another()


def path_of(term: Expr) -> str:
    """A variable's field, as the policy writes it: `name.length`. Empty for anything else."""
    match term:
        case Expr(kind=Kind.FIELD, label=str(field), args=(Expr(kind=Kind.NAME, label=str(variable)),)):
            return f"{variable}.{field}"
    return ""


def _range_of(term: Expr) -> range:
    if name_of(term) == "size" and len(term.args) == 1:
        return _SIZES.get(path_of(term.args[0]), _ANY_SIZE)
    of_timestamp = _OF_TIMESTAMP.get(term.overload.removesuffix("_tz").removesuffix("_with"))
    return of_timestamp or _INTS.get(path_of(term), _INT)


def _can_be(term: Expr, text: str) -> bool:
    """Whether a text can have this value. A folded name is what folding leaves as it is."""
    path = path_of(term)
    return len(text) in _SIZES.get(path, _ANY_SIZE) and (path != "name.folded" or fold(text).text == text)


def _is_never_true(term: Expr) -> bool:
    """Whether it asks for a script that there is not, or for capital letters in a folded name."""
    match name_of(term), term.args:
        case "@in", (Expr(kind=Kind.CONSTANT, label=str(script)), scripts) if path_of(scripts) == "name.scripts":
            return script not in SCRIPTS
        case "contains" | "startsWith" | "endsWith", (folded, Expr(kind=Kind.CONSTANT, label=str(text))):
            return path_of(folded) == "name.folded" and bool(_CAPITAL.search(text))
    return False
