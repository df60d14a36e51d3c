"""Text turned upside down: letters that look turned, from the last to the first."""

from collections.abc import Sequence

# What each character is when the page is turned.
_PAIRS = (
    "ɐa qb ɔc pd ǝe ɟf ƃg ɓg ᵷg ɥh ᴉi ıi ɾj ſj ʞk lǀ ʅl ꞁl ɯm un oo bq dp ɹr ss ʇt nu ʌv ʍw xx ʎy zz "
    "∀A ⱯA 𐐒B ƆC ᗡD ƎE ℲF ⅁G HH II ſJ ⋊K ꞰK ⅃L ⅂L WM NN OO ԀP ᴚR SS ⊥T ꞱT ∩U ՈU ΛV ɅV MW XX ⅄Y ZZ "
    "∀А иИ оо нн жж хх фф ǝе ɔс dр ʎу ʞк ɯш wт vл υп mш εз ʚв ɹг йи 6б ņи ŉп"
)
_UPRIGHT = {pair[0]: pair[1] for pair in reversed(_PAIRS.split())} | {"l": "l"}
_SURELY_TURNED = frozenset("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ∀Ɐ𐐒ƆᗡƎℲ⅁⋊ꞰԀᴚ⊥Ʇ⅄")  # nobody writes these the right way up


def looks_turned(glyphs: Sequence[str]) -> bool:
    """Whether some letter stands upside down."""
    return not _SURELY_TURNED.isdisjoint(glyphs)


def is_turned(glyph: str) -> bool:
    """Whether the letter stands upside down, and cannot be another that stands upright."""
    return glyph in _SURELY_TURNED


def turn(glyph: str) -> str:
    """What the glyph is when the page is turned; itself where it is not known to be anything."""
    return _UPRIGHT.get(glyph, glyph)
