"""Folding: the one form of a name that all ways to write it lead to."""

from collections.abc import Sequence
from dataclasses import dataclass

from decider.policy.names import characters
from decider.policy.names.glyphs import Span, see
from decider.policy.names.letters import cyrillic_twins, latin_twins


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in its folded form, and for each of its characters the span of the original it came from."""

    text: str
    spans: tuple[Span, ...]  # start and end in code points of the original


def fold(text: str) -> Folded:
    """Fold width, compatibility forms, marks, case, hidden characters, direction and mixed scripts.

    Never more than 18 characters for one of the original; folding again changes nothing.
    """
    folded = _fold(text)
    for _ in range(4):
        again = _fold(folded.text)
        if again.text == folded.text:
            break
        folded = Folded(again.text, tuple(_through(span, folded.spans) for span in again.spans))
    return folded


def _through(span: Span, spans: Sequence[Span]) -> Span:
    behind = spans[span[0] : span[1]]
    return min(start for start, _ in behind), max(end for _, end in behind)


def _fold(text: str) -> Folded:
    glyphs, spans = see(text)
    if isinstance(glyphs, str) and "  " not in glyphs and glyphs == glyphs.strip():
        return Folded(glyphs.lower(), tuple(spans))
    chars: list[str] = []
    places: list[Span] = []
    for glyph, span in zip(_in_one_script([_base(glyph) for glyph in glyphs]), spans, strict=True):
        if glyph != " " or (chars and chars[-1] != " "):
            lower = glyph.casefold()
            chars += lower
            places += [span] * len(lower)
    if chars and chars[-1] == " ":
        chars.pop()
        places.pop()
    return Folded("".join(chars), tuple(places))


def _base(glyph: str) -> str:
    """The plain letter that a Latin letter with strokes, hooks or small capitals' shape is a form of."""
    if glyph.isascii() or characters.script(glyph) != "Latin":
        return glyph
    return latin_twins(glyph)[:1] or glyph


def _in_one_script(glyphs: Sequence[str]) -> Sequence[str]:
    """The glyphs, words that mix scripts put into the one that all their letters can be read in, if there is one."""
    scripts = [characters.script(glyph) for glyph in glyphs]
    if not {"Latin", "Cyrillic"} & set(scripts) or len(set(scripts) - {""}) < 2:
        return glyphs
    unmixed = list(glyphs)
    start = 0
    for at, script in enumerate((*scripts, "")):
        if not script:
            unmixed[start:at] = _unmix(glyphs[start:at], set(scripts[start:at]))
            start = at + 1
    return unmixed


def _unmix(word: Sequence[str], scripts: set[str]) -> Sequence[str]:
    for script, twins in (("Latin", latin_twins), ("Cyrillic", cyrillic_twins)):
        if script in scripts and len(scripts) > 1:
            readings = [twins(glyph) for glyph in word]
            if all(readings):
                return [reading[0] for reading in readings]
    return word
