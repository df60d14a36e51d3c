"""Finds and loads suites, with every problem of all of them."""

from collections.abc import Iterable
from pathlib import Path

from decider.policy.files import reason
from decider.policy.model import check
from decider.policy.problem import PolicyError, Problem
from decider.policy.source import parse
from decider.suite.document import Suite
from decider.suite.reader import Reader, RunnableCase
from decider.suite.salvage import salvage


def find_suites(policy: Path) -> list[Path]:
    """The suites beside a policy, by name; hidden files are none."""
    folder = policy if policy.is_dir() else policy.parent
    found = (path for suffix in ("yaml", "yml") for path in folder.glob(f"*_test.{suffix}"))
    return sorted(path for path in found if not path.name.startswith("."))


def load_suites(paths: Iterable[Path]) -> dict[str, list[RunnableCase]]:
    """Read suites, by their paths. Raises PolicyError with every problem of all of them."""
    suites: dict[str, list[RunnableCase]] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            suites[str(path)] = load_suite(path)
        except PolicyError as error:
            problems += error.problems
    if problems:
        raise PolicyError(problems)
    return suites


def load_suite(path: Path) -> list[RunnableCase]:
    """Read a suite. Raises PolicyError with every problem."""
    try:
        source = parse(path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError([Problem(path.name, 0, 0, reason(error))]) from None
    try:
        suite = check(source, Suite)
    except PolicyError as error:
        rest = salvage(source)
        further = Reader(source, rest).problems_alone() if rest else ()
        raise PolicyError([*error.problems, *further]) from None
    return Reader(source, suite).read()
