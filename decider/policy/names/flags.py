"""Flags: two regional indicator letters that are the code of a region."""

import itertools
import re
from collections.abc import Iterator, Sequence
from importlib import resources

from decider.policy.names import characters
from decider.policy.names.hidden import is_unseen

_FIRST = 0x1F1E6 - ord("A")
_RUN = re.compile("[\U0001f1e6-\U0001f1ff]+")
# Of Unicode's flags, those that are no ISO 3166 code.
_OTHERS = ("AC", "CP", "CQ", "DG", "EA", "EU", "IC", "TA", "UN", "XK")


def _regions() -> Iterator[str]:
    """The codes of ISO 3166, from the table that the time zones come with."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    yield from (line.partition("\t")[0] for line in table.splitlines() if not line.startswith("#"))


_FLAGS = frozenset("".join(chr(_FIRST + ord(letter)) for letter in code) for code in (*_regions(), *_OTHERS))


def flag_runs(text: str) -> Sequence[range]:
    """Where flags stand in a row. Letters that do not pair into flags, to the last one, are letters.

    So are those that are kept apart by what nobody sees, or wear marks.
    """
    runs = [range(*run.span()) for run in _RUN.finditer(text)]
    if not runs:
        return []
    apart = {at for pair in itertools.pairwise(runs) if _is_one(text, *pair) for run in pair for at in run}
    return [run for run in runs if run.start not in apart and _is_all_flags(text[run.start : run.stop])]


def _is_one(text: str, run: range, other: range) -> bool:
    between = text[run.stop : other.start]
    return all(is_unseen(char) or characters.category(char)[0] == "M" for char in between)


def _is_all_flags(run: str) -> bool:
    return all(run[at : at + 2] in _FLAGS for at in range(0, len(run), 2))


def is_flag(cluster: str) -> bool:
    """Whether the characters begin with a flag."""
    return cluster[:2] in _FLAGS
