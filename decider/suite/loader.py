"""Reads suites into cases that can be run, with every problem in its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from decider.policy.model import check
from decider.policy.problem import PolicyError, Problem
from decider.policy.source import Loc, Source, parse
from decider.requests import FIELDS, RequestError, build_request, read_time
from decider.suite.document import Case, Expected, Fields, Suite, Table
from decider.v1 import decider_pb2 as pb

_EXPECTED = tuple(Expected.model_fields)


@dataclass(frozen=True, slots=True)
class RunnableCase:
    """One request, the time to decide it at, and what is expected. `place` is `file:line`."""

    name: str
    place: str
    request: pb.DecideTopicCreationRequest
    now: datetime | None
    used: Mapping[str, int]  # how far the limits of rules are used, by the rule's id
    expected: Expected


def find_suites(policy: Path) -> list[Path]:
    """The suites beside a policy, by name."""
    folder = policy if policy.is_dir() else policy.parent
    return sorted(path for suffix in ("yaml", "yml") for path in folder.glob(f"*_test.{suffix}"))


def load_suite(path: Path) -> list[RunnableCase]:
    """Read a suite. Raises PolicyError with every problem."""
    try:
        source = parse(path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError([Problem(path.name, 0, 0, str(error))]) from None
    return _Reader(source, check(source, Suite)).read()


@dataclass(slots=True)
class _Reader:
    source: Source
    suite: Suite
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> list[RunnableCase]:
        cases = [*self._cases(), *self._tables()]
        if self.problems:
            raise PolicyError(self.problems)
        return cases

    def _cases(self) -> Iterator[RunnableCase]:
        for index, case in enumerate(self.suite.cases):
            yield from self._runnable(("cases", index), case, self.suite.request, self.suite.now)

    def _tables(self) -> Iterator[RunnableCase]:
        for index, table in enumerate(self.suite.tables):
            unknown = [name for name in table.columns if name not in (*FIELDS, *_EXPECTED, "now", "name")]
            for name in unknown:
                loc = ("tables", index, "columns", table.columns.index(name))
                self.problems.append(self.source.problem(loc, f"the column `{name}` is not known"))
            if not unknown:
                yield from self._rows(index, table)

    def _rows(self, index: int, table: Table) -> Iterator[RunnableCase]:
        for number, row in enumerate(table.rows):
            loc = ("tables", index, "rows", number)
            if len(row) != len(table.columns):
                said = f"the row has {len(row)} cells, and there are {len(table.columns)} columns"
                self.problems.append(self.source.problem(loc, said))
                continue
            case = self._row(loc, table, dict(zip(table.columns, row, strict=True)))
            if case is not None:
                yield from self._runnable(loc, case, {**self.suite.request, **table.request}, self.suite.now)

    def _row(self, loc: Loc, table: Table, cells: Mapping[str, object]) -> Case | None:
        named = {name: value for name, value in cells.items() if value is not None}
        title = ", ".join(str(value) for name, value in named.items() if name in FIELDS)
        try:
            return Case.model_validate(
                {
                    "name": ": ".join(filter(None, [table.name, str(named.get("name", title))])),
                    "request": {name: value for name, value in named.items() if name in FIELDS},
                    "now": named.get("now", table.now),
                    "used": table.used,
                    "expect": {name: value for name, value in named.items() if name in _EXPECTED},
                }
            )
        except ValidationError as error:
            for detail in error.errors():
                self.problems.append(self.source.problem(loc, f"`{detail['loc'][-1]}`: {detail['msg']}"))
            return None

    def _runnable(self, loc: Loc, case: Case, common: Fields, now: str | None) -> Iterator[RunnableCase]:
        place = self.source.problem(loc, "")
        try:
            request = build_request({**common, **case.request})
            time = case.now or now
            name = case.name or request.topic_name or f"case {place.line}"
            at = read_time(time) if time else None
            yield RunnableCase(name, f"{place.path}:{place.line}", request, at, case.used, case.expect)
        except RequestError as error:
            self.problems.append(self.source.problem(loc, str(error)))
