"""The glyphs of a name: what is drawn, character by character, in the order a reader meets it.

Gone are compatibility forms (full-width, mathematical, circled …), marks on letters, characters drawn as nothing, and
direction controls. Case, look-alikes and signs are still there.
"""

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

from decider.policy.names import characters, direction
from decider.policy.names.flags import flag_runs, is_flag
from decider.policy.names.han import simplify
from decider.policy.names.hidden import JOINING, is_blank, is_unseen
from decider.policy.names.letters import latin_twins

Span = tuple[int, int]  # start and end in code points of the original

# Marks that any letter can wear. Those of one script, such as Thai vowels, are part of its spelling.
_ORNAMENTS = (
    *(range(0x300, 0x370), range(0x483, 0x48A), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00)),
    *(range(0x20D0, 0x2100), range(0x2DE0, 0x2E00), range(0xA66F, 0xA67E), range(0xFE20, 0xFE30)),
    range(0x1CF00, 0x1CF47),
)
_BREVES = frozenset("\u0306\u0300")  # the grave too: ѝ is taken for й
_SHORT_I = {"и": "й", "И": "Й"}  # a letter of its own, not an и that wears a mark
_SPELT_OUT = {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS"}
_STROKE = "\u0196"  # stands for every I that is not the letter on the keyboard, and may as well be an l
_AS_DRAWN = frozenset("ſϹϲ")  # their compatibility form is another shape
_LETTER_IN_NAME = re.compile(r"(?:LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER) ([A-Z])$")
_TATWEEL = "\u0640"
_EUROPEAN = frozenset(["Latin", "Cyrillic", "Greek"])  # whose letters wear marks as accents
# Scripts that share their marks with others; the letters of any other wear their own as spelling, and no more.
_SHARING = JOINING | {"Hiragana", "Katakana"}
_TAGS = {chr(0xE0000 + code): chr(code) for code in range(0x20, 0x7F)}


def see(
    text: str, in_order: bool = True, leftward: bool = False, without: Set[str] = frozenset(), flags: bool = True
) -> tuple[Sequence[str], Sequence[Span]]:
    """The glyphs, each one code point, and for each the span it comes from. At most 18 glyphs for one character.

    `in_order=False` leaves out what direction controls do to the order, `without` some characters; `leftward` takes
    right to left for the text's base direction, and with `flags=False` no two letters are a flag.
    """
    if text.isascii() and text.isprintable():
        return text, [(at, at + 1) for at in range(len(text))]
    glyphs: list[str] = []
    spans: list[Span] = []
    ordered = leftward or (in_order and direction.has_controls(text))
    order = direction.reading_order(text, leftward) if ordered else range(len(text))
    runs = flag_runs(text) if flags else ()
    if runs or without:
        ends = {at for run in runs for at in run[1::2]}
        order = [at for at in order if at not in ends and text[at] not in without]
    for cluster, span in _clusters(text, order, {at for run in runs for at in run[::2]}):
        form = _draw(cluster)
        glyphs += form
        spans += [span] * len(form)
    return glyphs, spans


def spell_tags(text: str) -> tuple[Sequence[str], Sequence[Span]]:
    """What the text's tag characters spell, which programs read and people do not."""
    found = [(_TAGS[char], (at, at + 1)) for at, char in enumerate(text) if char in _TAGS]
    return [char for char, _ in found], [span for _, span in found]


def spell_flags(text: str, leftward: bool = False) -> tuple[Sequence[str], Sequence[Span]]:
    """The glyphs where flags are the letters that they are made of. Flags in a row are one: no letter leaves them."""
    glyphs, spans = see(text, leftward=leftward, flags=False)
    runs = {at: (run.start, run.stop) for run in flag_runs(text) for at in run}
    return glyphs, [runs.get(span[0], span) for span in spans]


def _clusters(text: str, order: Sequence[int], flags: Set[int]) -> Iterator[tuple[str, Span]]:
    """Each visible character with what composes with it. `flags` are the places of flags' first letters."""
    cluster, start, end = "", 0, 0
    for at in order:
        char = text[at]
        kind = _kind(char)
        if kind == _UNSEEN:
            continue
        if cluster and (
            kind == _MARK or _is_drawn_out(cluster, char) or (kind == _JAMO and _kind(cluster[-1]) == _JAMO)
        ):
            cluster, start, end = cluster + char, min(start, at), max(end, at + 1)
            continue
        if cluster:
            yield cluster, (start, end)
        cluster, start, end = char, at, at + 1
        if at in flags:
            cluster, end = text[at : at + 2], at + 2
    if cluster:
        yield cluster, (start, end)


def _is_drawn_out(cluster: str, char: str) -> bool:
    """Whether the character is the stroke that draws out Arabic letters, after any letter."""
    return char == _TATWEEL and characters.script(cluster[0]) != ""


_PLAIN, _MARK, _JAMO, _UNSEEN = range(4)


@lru_cache(maxsize=8192)
def _kind(char: str) -> int:
    if is_unseen(char):
        return _UNSEEN
    if is_blank(char):
        return _PLAIN
    if "HANGUL" in characters.name(char, "") and "SYLLABLE" not in characters.name(char):
        return _JAMO
    return _MARK if _is_mark(char) else _PLAIN


@lru_cache(maxsize=8192)
def _is_mark(char: str) -> bool:
    """Whether it is drawn on the letter before it, half-width kana voicing too."""
    return characters.category(char).startswith("M") or char in "\uff9e\uff9f"


@lru_cache(maxsize=8192)
def _draw(cluster: str) -> str:
    """The cluster without compatibility forms and ornaments: usually one character."""
    if is_flag(cluster):
        return cluster[:2]
    compatible = characters.normalize("NFKC", cluster)
    if cluster != "I" and compatible == "I":
        return _STROKE
    if len(cluster) == 1 < len(compatible) and latin_twins(cluster):
        return cluster  # such as U+FD3D, a ligature of which nothing but a stroke is seen
    form = cluster
    for _ in range(4):  # a form seldom needs two rounds, and none needs four
        before, form = form, "".join(map(_redraw, _bare(form)))
        if form == before:
            break
    return form


def _bare(cluster: str) -> str:
    """Compatibility and composed forms resolved, and ornaments taken off."""
    if cluster in _AS_DRAWN:
        return cluster
    if all(map(is_blank, cluster)):
        return " "
    decomposed = characters.normalize("NFKD", cluster)
    if decomposed[0] == " ":  # a mark that Unicode draws on a space, such as U+02DB, is a sign of its own
        return cluster[0]
    kept = [_SHORT_I[c] if c in _SHORT_I and _wears(decomposed, at, _BREVES) else c for at, c in enumerate(decomposed)]
    script = characters.script(decomposed[0])
    letters = [char for char in kept if not _is_adornment(char, script)]
    bare = characters.normalize("NFKC", "".join(letters))
    return _without_frame(bare) if len(bare) > len(cluster) else bare


def _wears(decomposed: str, at: int, marks: frozenset[str]) -> bool:
    """Whether the character is followed by one of the marks, be there others before it."""
    for char in decomposed[at + 1 :]:
        if not _is_mark(char):
            return False
        if char in marks:
            return True
    return False


def _is_adornment(char: str, script: str) -> bool:
    """Whether the character is no part of the spelling of a letter of that script."""
    if char == _TATWEEL:
        return script != ""
    if not _is_mark(char) or _is_ornament(char):
        return _is_ornament(char)
    if not script or script in _EUROPEAN:
        return True
    own = characters.script(char)
    return own != script and (script not in _SHARING or own not in _SHARING | {""})


def _is_ornament(char: str) -> bool:
    return any(ord(char) in block for block in _ORNAMENTS)


def _without_frame(form: str) -> str:
    """`(a)` and `a.`, written as one character, are an `a`."""
    letters = "".join(char for char in form if characters.category(char)[0] in "LNMZ" and not is_unseen(char))
    return letters if letters.strip() else form


def _redraw(char: str) -> str:
    if char in _SPELT_OUT:
        return _SPELT_OUT[char]
    if characters.category(char) == "So" and (match := _LETTER_IN_NAME.search(characters.name(char, ""))):
        return match[1]
    return simplify(char)
