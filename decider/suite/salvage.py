"""What else is wrong with a suite that does not fit its model: the parts that do fit are looked at all the same."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from decider.policy.salvage import fits
from decider.policy.source import Source
from decider.suite.document import Case, Columns, Fields, Rows, Suite, Table

_CASE: TypeAdapter[object] = TypeAdapter(Case)
_TABLE: TypeAdapter[object] = TypeAdapter(Table)
_EITHER: dict[str, TypeAdapter[object]] = {"request": TypeAdapter(Fields), "now": TypeAdapter(str)}
_CELLS: dict[str, TypeAdapter[object]] = {"columns": TypeAdapter(Columns), "rows": TypeAdapter(Rows)}


def salvage(source: Source) -> Suite | None:
    """The suite with parts that say nothing in place of those that do not fit; None if it is no mapping.

    Every case and every table stays in its place, and keeps its request and its time, so that problems are told
    where they are.
    """
    if not isinstance(source.data, dict):
        return None
    cases, tables = (_list(source.data.get(name)) for name in ("cases", "tables"))
    return Suite.model_validate(
        {"version": 1, **_kept(source.data), "cases": list(map(_case, cases)), "tables": list(map(_table, tables))}
    )


def _case(part: object) -> object:
    return part if fits(_CASE, part) else {"expect": {"code": 0}, **_kept(part)}


def _table(part: object) -> object:
    if fits(_TABLE, part):
        return part
    given = part if isinstance(part, Mapping) else {}
    whole = all(fits(form, given.get(name)) for name, form in _CELLS.items())
    cells = {name: given[name] for name in _CELLS} if whole else {"columns": ["code"], "rows": [[0]]}
    return {**cells, **_kept(part)}


def _kept(part: object) -> dict[str, object]:
    """The request and the time of a part, where they fit."""
    given = part if isinstance(part, Mapping) else {}
    return {name: given[name] for name, form in _EITHER.items() if fits(form, given.get(name))}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
