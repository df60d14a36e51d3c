"""The arithmetic of rolling windows, in whole microseconds. An admission counts while it is younger than the window."""

import json
from collections.abc import Sequence
from dataclasses import replace

from decider.limits.store import Counter
from decider.policy.limit import Usage

MICROSECONDS = 1_000_000  # in a second


def usage(admitted: Sequence[int], counter: Counter, now: int) -> Usage:
    """How far a counter is used, from the times of admission that are in its window, oldest first."""
    used = len(admitted)
    return usage_of(used, admitted[max(0, used - counter.count)] if used else None, counter, now)


def usage_of(used: int, leaves_first: int | None, counter: Counter, now: int) -> Usage:
    """The same from how many there are, and the one that must leave for the next to be free.

    That is the oldest; where more are in the window than the limit has room for, because it was made smaller, all but
    `count` - 1 have to leave.
    """
    frees_in = None if leaves_first is None else (leaves_first + counter.per * MICROSECONDS - now) / MICROSECONDS
    return Usage(used, frees_in, full=used >= counter.count)


def admits(counters: Sequence[Counter], usages: Sequence[Usage]) -> bool:
    """Whether there is room in every counter that is binding."""
    return not any(counter.binding and each.full for counter, each in zip(counters, usages, strict=True))


def with_one_more(counter: Counter, before: Usage) -> Usage:
    """The usage after one more was counted; no more than before where there was no room."""
    if before.full:
        return before
    return replace(before, used=before.used + 1, frees_in=before.frees_in or float(counter.per))


def write_usages(usages: Sequence[Usage]) -> str:
    """Usages as text, for a store to keep."""
    return json.dumps([(each.used, each.frees_in, each.full) for each in usages])


def read_usages(text: str | bytes) -> list[Usage]:
    """Usages from text."""
    return [Usage(used, frees_in, full) for used, frees_in, full in json.loads(text)]
