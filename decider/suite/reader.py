"""Makes the cases of one suite out of its document, and collects what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import TypeGuard

from pydantic import ValidationError

from decider.policy.model import in_words, shown
from decider.policy.problem import PolicyError, Problem
from decider.policy.source import Loc, Source
from decider.requests import FIELDS, RequestError, build_request, read_time
from decider.suite.document import Case, Expected, Fields, Suite, Table, Used
from decider.v1 import decider_pb2 as pb

_EXPECTED = tuple(Expected.model_fields)


@dataclass(frozen=True, slots=True)
class RunnableCase:
    """One request, the time to decide it at, and what is expected. `place` is `file:line`."""

    name: str
    place: str
    request: pb.DecideTopicCreationRequest
    now: datetime | None
    used: Used
    expected: Expected


@dataclass(slots=True)
class Reader:
    """Reads one suite."""

    source: Source
    suite: Suite
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> list[RunnableCase]:
        """Its cases. Raises PolicyError with every problem."""
        self._check((), self.suite)
        cases = [*self._cases(), *self._tables()]
        if not self.suite.cases and not self.suite.tables:
            self._report((), "there are no cases in it")
        if self.problems:
            raise PolicyError(self.problems)
        return cases

    def problems_alone(self) -> Sequence[Problem]:
        """What is wrong with a suite of which only parts are there."""
        try:
            self.read()
        except PolicyError as error:
            return error.problems
        return ()

    def _cases(self) -> Iterator[RunnableCase]:
        for index, case in enumerate(self.suite.cases):
            loc = ("cases", index)
            self._check(loc, case)
            yield from self._runnable(loc, case, self.suite.request, self.suite.now)

    def _tables(self) -> Iterator[RunnableCase]:
        for index, table in enumerate(self.suite.tables):
            loc = ("tables", index)
            self._check(loc, table)
            known = self._columns_are_known(loc, table)
            for number, row in enumerate(table.rows):
                if self._is_whole(row, (*loc, "rows", number), table) and known:
                    yield from self._row((*loc, "rows", number), table, row)

    def _columns_are_known(self, loc: Loc, table: Table) -> bool:
        known = (*FIELDS, *_EXPECTED, "now", "name", "used")
        before = len(self.problems)
        for number, name in enumerate(table.columns):
            if name not in known:
                close = get_close_matches(name, known, n=1)
                meant = f"; did you mean `{close[0]}`?" if close else ""
                self._report((*loc, "columns", number), f"the column `{name}` is not known{meant}")
            elif name in table.columns[:number]:
                self._report((*loc, "columns", number), f"the column `{name}` is there twice")
        return len(self.problems) == before

    def _is_whole(self, row: object, loc: Loc, table: Table) -> TypeGuard[list[object]]:
        if not isinstance(row, list):
            self._report(loc, f"a row must be a list of cells, and this is {shown(row)}")
        elif len(row) != len(table.columns):
            self._report(loc, f"the row has {len(row)} cells, and there are {len(table.columns)} columns")
        else:
            return True
        return False

    def _row(self, loc: Loc, table: Table, row: list[object]) -> Iterator[RunnableCase]:
        cells = {name: value for name, value in zip(table.columns, row, strict=True) if value is not None}
        case = self._case(loc, table, cells)
        if case is not None:
            yield from self._runnable(loc, case, {**self.suite.request, **table.request}, self.suite.now)

    def _case(self, loc: Loc, table: Table, cells: Mapping[str, object]) -> Case | None:
        """A row as a case; what is wrong with a cell is told at the cell."""
        before = len(self.problems)
        for name, value in cells.items():
            self._check_field((*loc, table.columns.index(name)), name, value)
        title = ", ".join(str(value) for name, value in cells.items() if name in FIELDS)
        try:
            case = Case.model_validate(
                {
                    "name": ": ".join(filter(None, [table.name, str(cells.get("name", title))])),
                    "request": {name: value for name, value in cells.items() if name in FIELDS},
                    "now": cells.get("now", table.now),
                    "used": cells.get("used", table.used),
                    "expect": {name: value for name, value in cells.items() if name in _EXPECTED},
                }
            )
        except ValidationError as error:
            for detail in error.errors():
                column = next((part for part in detail["loc"] if part in table.columns), None)
                place = loc if column is None else (*loc, table.columns.index(str(column)))
                self._report(place, in_words(detail, self.source, Suite))
            return None
        return case if len(self.problems) == before else None

    def _check(self, loc: Loc, part: Suite | Case | Table) -> None:
        """A part's request and time, which are wrong or right for themselves."""
        for name, value in part.request.items():
            self._check_field((*loc, "request", name), name, value)
        if part.now is not None:
            self._check_field((*loc, "now"), "now", part.now)

    def _check_field(self, loc: Loc, name: str, value: object) -> None:
        try:
            if name == "now":
                read_time(str(value))
            elif name not in (*_EXPECTED, "name", "used"):
                build_request({name: value})
        except RequestError as error:
            self._report(loc, str(error), at_key=name not in (*FIELDS, "now"))

    def _runnable(self, loc: Loc, case: Case, common: Fields, now: str | None) -> Iterator[RunnableCase]:
        if self.problems:
            return
        place = self.source.problem(loc, "")
        request = build_request({**common, **case.request})
        time = case.now or now
        name = case.name or request.topic_name or f"case {place.line}"
        at = read_time(time) if time else None
        yield RunnableCase(name, f"{place.path}:{place.line}", request, at, case.used, case.expect)

    def _report(self, loc: Loc, message: str, *, at_key: bool = False) -> None:
        self.problems.append(self.source.problem(loc, message, at_key=at_key))
