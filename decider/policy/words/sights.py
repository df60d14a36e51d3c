"""The sights of a name: what different readers, or readers of different programs, may see in it."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from decider.policy.names import characters
from decider.policy.names.direction import has_controls, may_run_left
from decider.policy.names.flags import flag_runs
from decider.policy.names.glyphs import Span, see, spell_flags, spell_tags
from decider.policy.names.hidden import ROOM
from decider.policy.names.turned import is_turned, looks_turned, turn

_TWOFOLD, _BY_LOOKS = "ßǫ", "bq"  # one letter by its make-up, and another by its looks
_FLAG = 2  # letters; one flag alone is nothing else
_KEYCAP = re.compile("[0-9](?=\ufe0f?\u20e3)")  # an emoji, unless it stands for a letter as the digit in it does
# Characters in frames: 🈲 and ㊙ are signs as well as characters, and between Chinese ones so are ① and 🅿.
_FRAMED_HAN = re.compile("[\u3220-\u3247\u3280-\u32b0\u32c0-\u32cb\U0001f200-\U0001f2ff]")
_FRAMED = re.compile("[\u2460-\u24ff\u2776-\u2793\u3200-\u33ff\U0001f100-\U0001f1e5\U0001f200-\U0001f2ff]")
_PAIRS = {"rn": "m", "vv": "w"}
_PAIR = re.compile("|".join(_PAIRS))


@dataclass(frozen=True, slots=True)
class Sight:
    """Glyphs in the order they are read in, and where in the name they come from.

    `pairs` are the places of glyphs that are two letters, drawn so close that they look like one of Latin.
    """

    glyphs: Sequence[str]
    spans: Sequence[Span]
    pairs: Set[int] = frozenset()


def sights(name: str) -> Iterator[Sight]:
    """The name as it stands, and where there is cause, otherwise: in another order, turned, with what it hides."""
    first = Sight(*see(name))
    yield first
    text = "".join(first.glyphs)
    if any(pair in text for pair in _PAIRS):
        yield _paired(text, first)
    if not name.isascii():
        yield from _others(name, first)


def _others(name: str, first: Sight) -> Iterator[Sight]:
    if not ROOM.isdisjoint(name):
        yield Sight(*see(name, without=ROOM))
    may_spell = any(len(run) > _FLAG for run in flag_runs(name))
    if may_spell:
        yield Sight(*spell_flags(name))
    if _FRAMED.search(name):
        unframed = _with_signs_for_framed(name)
        if unframed != name:
            yield Sight(*see(unframed))
    if any(char in name for char in _TWOFOLD):
        yield Sight(*see(name.translate(str.maketrans(_TWOFOLD, _BY_LOOKS))))
    if "\u20e3" in name:
        yield Sight(*see(_KEYCAP.sub("•", name)))
    if looks_turned(first.glyphs):
        yield Sight([turn(glyph) if is_turned(glyph) else glyph for glyph in first.glyphs], first.spans)
        yield Sight([turn(glyph) for glyph in first.glyphs[::-1]], first.spans[::-1])
    if has_controls(name):
        yield Sight(*see(name, in_order=False))
    if may_run_left(name):
        yield Sight(*see(name, leftward=True, without=ROOM))
        if may_spell:
            yield Sight(*spell_flags(name, leftward=True))
    tags, spans = spell_tags(name)
    if tags:
        yield Sight(tags, spans)


def _with_signs_for_framed(name: str) -> str:
    """The name with framed characters as signs. Several numbers in frames count something: they stay."""
    framed = _FRAMED if any(characters.script(char) == "Han" for char in name) else _FRAMED_HAN
    numbers = {char for char in framed.findall(name) if characters.category(char) == "No"}
    kept = numbers if len(numbers) > 1 else set[str]()
    return framed.sub(lambda found: found[0] if found[0] in kept else "•", name)


def _paired(text: str, sight: Sight) -> Sight:
    """The sight with each pair that looks like one letter as that letter."""
    glyphs, spans = list[str](), list[Span]()
    pairs: set[int] = set()
    at = 0
    for found in _PAIR.finditer(text):
        glyphs += [*sight.glyphs[at : found.start()], _PAIRS[found[0]]]
        spans += [*sight.spans[at : found.start()], _around(sight.spans[found.start() : found.end()])]
        pairs.add(len(glyphs) - 1)
        at = found.end()
    return Sight([*glyphs, *sight.glyphs[at:]], [*spans, *sight.spans[at:]], pairs)


def _around(spans: Sequence[Span]) -> Span:
    return min(start for start, _ in spans), max(end for _, end in spans)
