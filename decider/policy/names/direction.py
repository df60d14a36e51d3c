"""The order in which a text is read once its direction controls have had their effect.

The rules are those of Unicode's bidirectional algorithm (UAX #9) for overrides, embeddings and isolates. Reading order
is display order, but for letters of right-to-left scripts, which are read from the right. Marks go with their letter.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from decider.policy.names import characters

_EMBEDDINGS = {
    "\u202a": ("L", False),
    "\u202b": ("R", False),
    "\u202d": ("L", True),
    "\u202e": ("R", True),
}
_ISOLATES = {"\u2066": "L", "\u2067": "R", "\u2068": ""}  # the last takes its direction from what it holds
_POP, _POP_ISOLATE = "\u202c", "\u2069"
_CONTROLS = frozenset([*_EMBEDDINGS, *_ISOLATES, _POP, _POP_ISOLATE])
_MARKS = frozenset("\u200f\u061c")  # letters of right-to-left scripts that nobody sees
_DEEPEST = 125  # UAX #9, BD2
_RIGHT_TO_LEFT = frozenset(["R", "AL"])
_LETTERS = frozenset(["L", "R", "AL"])
_STRONG = frozenset(["L", "R", "AL", "EN", "AN"])


@dataclass(frozen=True, slots=True)
class _Embedding:
    level: int
    override: bool


@dataclass(slots=True)
class _Unit:
    """A character and its marks, or a whole isolate: places in reading order, and the level they are displayed at."""

    at: list[int]
    direction: str
    level: int


@dataclass(slots=True)
class _Isolate:
    """What stands between an isolate's controls, or the whole text: characters' places, and isolates in it."""

    direction: str
    items: list["int | _Isolate"] = field(default_factory=list)


def has_controls(text: str) -> bool:
    """Whether the text carries explicit direction controls."""
    return not _CONTROLS.isdisjoint(text)


def may_run_left(text: str) -> bool:
    """Whether a program that takes the base direction from the text may show it in another order than others do."""
    if _CONTROLS.isdisjoint(text) and _MARKS.isdisjoint(text):
        return False
    return _first_direction(text, _parse(text)) == "R"


def reading_order(text: str, leftward: bool = False) -> list[int]:
    """The indexes of the text's characters, controls left out, in the order a reader meets them.

    `leftward`: the text's base direction is right to left.
    """
    whole = _parse(text)
    whole.direction = "R" if leftward else "L"
    return _ordered(text, whole)


def _parse(text: str) -> _Isolate:
    """The text as isolates within isolates; those too deep are not told apart from what holds them."""
    stack = [_Isolate("")]
    ignored = 0
    for index, char in enumerate(text):
        if char in _ISOLATES and (ignored or len(stack) > _DEEPEST):
            ignored += 1
        elif char in _ISOLATES:
            isolate = _Isolate(_ISOLATES[char])
            stack[-1].items.append(isolate)
            stack.append(isolate)
        elif char != _POP_ISOLATE:
            stack[-1].items.append(index)
        elif ignored:
            ignored -= 1
        elif len(stack) > 1:
            stack.pop()
    return stack[0]


def _first_direction(text: str, isolate: _Isolate) -> str:
    """The direction of the first letter outside of isolates; left to right if there is none."""
    places = (item for item in isolate.items if isinstance(item, int))
    found = next((d for d in (characters.bidirectional(text[at]) for at in places) if d in _LETTERS), "L")
    return "R" if found in _RIGHT_TO_LEFT else "L"


def _ordered(text: str, whole: _Isolate) -> list[int]:
    """The places of an isolate's characters in reading order. Isolates within count as one neutral character each."""
    direction = whole.direction or _first_direction(text, whole)
    units = list(_units(text, whole, direction))
    _raise_neutrals(units)
    for level in range(max((unit.level for unit in units), default=0), 0, -1):
        units = _reverse_runs(units, lambda unit, level=level: unit.level >= level)  # type: ignore[misc]
    units = _reverse_runs(units, lambda unit: unit.direction in _RIGHT_TO_LEFT)
    return [at for unit in units for at in unit.at]


def _units(text: str, isolate: _Isolate, direction: str) -> Iterator[_Unit]:
    stack = [_Embedding(int(direction == "R"), override=False)]
    ignored = 0
    last: _Unit | None = None
    for item in isolate.items:
        if isinstance(item, _Isolate):
            last = None
            yield _Unit(_ordered(text, item), "ON", stack[-1].level)
            continue
        char = text[item]
        if char in _EMBEDDINGS:
            ignored += _open(stack, char)
        elif char == _POP:
            ignored = _close(stack, ignored)
        elif last and characters.category(char).startswith("M"):
            last.at.append(item)
        else:
            kind = characters.bidirectional(char)
            last = _Unit([item], kind, _level(kind, stack[-1]))
            yield last


def _open(stack: list[_Embedding], char: str) -> int:
    """Enter what the control opens; 1 where it lies too deep and its end must be ignored too."""
    direction, override = _EMBEDDINGS[char]
    level = stack[-1].level + 1
    level += level % 2 != (direction == "R")
    if level > _DEEPEST:
        return 1
    stack.append(_Embedding(level, override))
    return 0


def _close(stack: list[_Embedding], ignored: int) -> int:
    """Leave what was opened last; how many ends are still to be ignored."""
    if ignored:
        return ignored - 1
    if len(stack) > 1:
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
