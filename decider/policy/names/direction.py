"""The order in which a text is read once its explicit direction controls have had their effect.

The rules are those of Unicode's bidirectional algorithm (UAX #9) for overrides, embeddings and isolates, in a base
direction of left to right. Reading order is display order, but for letters of right-to-left scripts, which are read
from the right. Marks go with their letter.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_OPENERS = {
    "\u202a": ("L", False),
    "\u202b": ("R", False),
    "\u202d": ("L", True),
    "\u202e": ("R", True),
    "\u2066": ("L", False),
    "\u2067": ("R", False),
    "\u2068": ("L", False),  # its first strong letter decides; left to right changes no order inside
}
_ISOLATES = frozenset("\u2066\u2067\u2068")
_POP, _POP_ISOLATE = "\u202c", "\u2069"
_CONTROLS = frozenset([*_OPENERS, _POP, _POP_ISOLATE])
_DEEPEST = 125  # UAX #9, BD2
_RIGHT_TO_LEFT = frozenset(["R", "AL"])
_STRONG = frozenset(["L", "R", "AL", "EN", "AN"])


@dataclass(frozen=True, slots=True)
class _Embedding:
    level: int
    override: bool
    isolate: bool


@dataclass(slots=True)
class _Unit:
    """A character and its marks: where they stand in the text, and the level they are displayed at."""

    at: list[int]
    direction: str
    level: int


def has_controls(text: str) -> bool:
    """Whether the text carries explicit direction controls."""
    return not _CONTROLS.isdisjoint(text)


def reading_order(text: str) -> list[int]:
    """The indexes of the text's characters, controls left out, in the order a reader meets them."""
    units = _units(text)
    _raise_neutrals(units)
    for level in range(max((unit.level for unit in units), default=0), 0, -1):
        units = _reverse_runs(units, lambda unit, level=level: unit.level >= level)  # type: ignore[misc]
    units = _reverse_runs(units, lambda unit: unit.direction in _RIGHT_TO_LEFT)
    return [at for unit in units for at in unit.at]


def _units(text: str) -> list[_Unit]:
    stack = [_Embedding(0, override=False, isolate=False)]
    ignored = 0
    units: list[_Unit] = []
    for index, char in enumerate(text):
        if char in _OPENERS:
            ignored += _open(stack, char)
        elif char in (_POP, _POP_ISOLATE):
            ignored = _close(stack, ignored, char)
        elif units and unicodedata.category(char).startswith("M"):
            units[-1].at.append(index)
        else:
            direction = unicodedata.bidirectional(char)
            units.append(_Unit([index], direction, _level(direction, stack[-1])))
    return units


def _open(stack: list[_Embedding], char: str) -> int:
    """Enter what the control opens; 1 where it lies too deep and its end must be ignored too."""
    direction, override = _OPENERS[char]
    level = stack[-1].level + 1
    level += level % 2 != (direction == "R")
    if level > _DEEPEST:
        return 1
    stack.append(_Embedding(level, override, char in _ISOLATES))
    return 0


def _close(stack: list[_Embedding], ignored: int, char: str) -> int:
    """Leave what the control closes; how many ends are still to be ignored."""
    if ignored:
        return ignored - 1
    if char == _POP_ISOLATE and any(embedding.isolate for embedding in stack):
        while not stack.pop().isolate:
            pass
    elif char == _POP and len(stack) > 1 and not stack[-1].isolate:
        stack.pop()
    return 0


def _level(direction: str, embedding: _Embedding) -> int:
    """A letter that runs against its embedding stands one level deeper, unless overridden."""
    against = (direction in _RIGHT_TO_LEFT) != bool(embedding.level % 2)
    return embedding.level + (direction in _STRONG and against and not embedding.override)


def _raise_neutrals(units: Sequence[_Unit]) -> None:
    """Neutral characters between two letters of one deeper level join them."""
    last, waiting = -1, list[_Unit]()
    for unit in units:
        if unit.direction not in _STRONG:
            waiting.append(unit)
            continue
        for neutral in waiting:
            if last == unit.level == neutral.level + 1:
                neutral.level = unit.level
        last = unit.level
        waiting.clear()


def _reverse_runs(units: Sequence[_Unit], within: Callable[[_Unit], bool]) -> list[_Unit]:
    ordered: list[_Unit] = []
    run: list[_Unit] = []
    for unit in units:
        if within(unit):
            run.append(unit)
            continue
        ordered += run[::-1]
        run.clear()
        ordered.append(unit)
    return ordered + run[::-1]
