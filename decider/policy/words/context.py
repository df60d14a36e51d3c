"""The context of a hit: whether it is an ordinary word of another script or language that only looks like the entry."""

from decider.policy.words.alignment import Alignment, is_own, is_plain

_SHORT = 4  # letters
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
    """Whether a short word has one accent, and so have others: a Vietnamese `cụm` in its sentence is no disguise."""
    if alignment.pattern.size > _SHORT or alignment.page.name.isascii() or alignment.page.script != "Latin":
        return False
    inside = {alignment.page.letters[letter] for letter in range(alignment.first, alignment.last + 1)}
    accented = alignment.page.accented
    return len(accented & inside) == 1 and len(accented) > 1 and is_plain(alignment, besides=accented)
