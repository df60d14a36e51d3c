"""Which cases a run tries: numbered, each made from the run's seed and its own number alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

import pytest

SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))
# In all; each surface has a share. Few enough for every run of the tests, unless the nightly run asks for more.
CASES: Final = int(os.environ.get("FUZZ_CASES", "4000"))
ONLY: Final = os.environ.get("FUZZ_CASE", "")


def share(part: float) -> range:
    """The numbers of a surface's cases; `part` is its share of all. One, if one is asked for."""
    return range(int(ONLY), int(ONLY) + 1) if ONLY else range(round(CASES * part))


def source(surface: str, number: int) -> Random:
    """The source of all chance in one case."""
    return Random(f"{SEED}/{surface}/{number}")


@contextmanager
def repeatable(surface: str, number: int) -> Iterator[None]:
    """Say how to repeat a case that fails."""
    try:
        yield
    except AssertionError as error:
        command = f"FUZZ_SEED={SEED} FUZZ_CASE={number} .venv/bin/python -m pytest tests/fuzz/test_{surface}.py"
        pytest.fail(f"case {number}: {error!s:.3000}\nrepeat it with: {command}", pytrace=False)
