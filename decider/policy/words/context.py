"""The context of a hit: whether it is an ordinary word of another script or language that only looks like the entry."""

from collections.abc import Sequence
from functools import lru_cache

from decider.policy.names import characters
from decider.policy.names.glyphs import see
from decider.policy.words.alignment import Alignment, is_own, is_plain
from decider.policy.words.page import is_accented

_SHORT = 4  # letters
_LETTERS_APART = frozenset("ñı")  # to those who write them no accented n and i: `año` is no *ano*, `sık` no *sik*
# Letters that anyone takes for the other script's, alone and in small print.
_STRICT_TWINS = frozenset("аеорсухіјѕһԁԛԝӏονριυκχαaceijkopsxy")


def is_of_another_script(alignment: Alignment) -> bool:
    """Whether the letters are an ordinary word of another script, which only happens to look like the entry."""
    read = [(letter, alignment.reading(letter)) for letter in range(alignment.first, alignment.last + 1)]
    scripts = {reading.script for _, reading in read}
    if len(scripts) != 1 or any(is_own(alignment.reading(at), run) for word in alignment.words() for at, run in word):
        return False
    script = next(iter(scripts))
    if script == alignment.page.script or script not in alignment.page.surely:
        return False
    glyphs = [alignment.page.glyphs[alignment.page.letters[letter]] for letter, _ in read]
    loose = sum(glyph not in _STRICT_TWINS and not glyph.isupper() for glyph in glyphs)
    if len(glyphs) <= _SHORT and loose > (len(glyphs) == _SHORT):
        return True
    inside = range(alignment.page.letters[alignment.first], alignment.page.letters[alignment.last] + 1)
    return any(at not in inside for at in alignment.page.surely[script])


def is_of_another_language(alignment: Alignment) -> bool:
    """Whether a short word is accented as the entry is not, in a name that writes accents.

    A Vietnamese `cụm` in its sentence is no disguise of *cum*, nor `Nguyễn Du` of *đụ*; `đụ má` does hold that.
    """
    page = alignment.page
    if alignment.pattern.size > _SHORT or page.name.isascii() or page.script != "Latin":
        return False
    inside = {page.letters[letter] for letter in range(alignment.first, alignment.last + 1)}
    accents, written = accents_of(alignment.pattern.entry), _written(alignment)
    if any(len(letter) > 1 for letter in written) or not is_plain(alignment, besides=page.accented):
        return False
    if any(accents):
        return bool(page.accented - inside) and not _is_accented_alike(written, accents)
    if len(page.accented & inside) == 1 and len(page.accented) > 1:
        return True
    others = {letter for letter in written if not letter.isascii()}
    return bool(others) and others <= _LETTERS_APART


def has_its_accents(alignment: Alignment) -> bool:
    """Whether the letters that have accents in the entry have the same where they were found."""
    if alignment.pattern.entry.isascii():
        return True
    return _is_accented_alike(_written(alignment), accents_of(alignment.pattern.entry))


@lru_cache(maxsize=4096)
def accents_of(entry: str) -> Sequence[str]:
    """For each letter of the entry how it is written, if with an accent or one that a language adds; else nothing."""
    glyphs, spans = see(entry)
    written = [
        (glyph, characters.normalize("NFC", entry[start:end]).lower())
        for glyph, (start, end) in zip(glyphs, spans, strict=True)
        if glyph.isalnum()
    ]
    return [letter if is_accented(glyph, letter) else "" for glyph, letter in written]


def _written(alignment: Alignment) -> Sequence[str]:
    page = alignment.page
    spans = [page.spans[page.letters[letter]] for letter in range(alignment.first, alignment.last + 1)]
    return [characters.normalize("NFC", page.name[start:end]).lower() for start, end in spans]


def _is_accented_alike(written: Sequence[str], accents: Sequence[str]) -> bool:
    if len(written) != len(accents):
        return not any(accents)
    return all(not accent or accent == letter for letter, accent in zip(written, accents, strict=True))
