"""The readings of a glyph: the letters that a reader, reading in one script, may take it for."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType

from decider.policy.names.letters import as_cyrillic, as_latin, script_of
from decider.policy.names.signs import sign_as_cyrillic, sign_as_latin

# Scripts written without spaces, where every character may begin or end a word: Kana and Han.
_UNSPACED = (
    *(range(0x2E80, 0x3000), range(0x3005, 0x3008), range(0x3040, 0x3130), range(0x31F0, 0x3200)),
    *(range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x40000)),
)


class Kind(Enum):
    """What a glyph is, whatever it may be read as."""

    LETTER = auto()
    DIGIT = auto()
    SIGN = auto()  # punctuation or a symbol that some take for a letter
    SPACE = auto()
    OTHER = auto()  # punctuation, symbols, emoji


@dataclass(frozen=True, slots=True)
class Reading:
    """A glyph, read: its kind, itself in small, and the letters it is read as, likeliest first."""

    kind: Kind
    own: str
    letters: str
    script: str
    unspaced: bool = False


@lru_cache(maxsize=8192)
def read_in_latin(glyph: str) -> Reading:
    """The glyph as a reader of Latin letters takes it."""
    return _read(glyph, as_latin, sign_as_latin)


@lru_cache(maxsize=8192)
def read_in_cyrillic(glyph: str) -> Reading:
    """The glyph as a reader of Cyrillic letters takes it."""
    return _read(glyph, as_cyrillic, sign_as_cyrillic)


READERS: Mapping[str, Callable[[str], Reading]] = MappingProxyType(
    {"Latin": read_in_latin, "Cyrillic": read_in_cyrillic}
)


def _read(glyph: str, as_letters: Callable[[str], str], as_sign: Callable[[str], str]) -> Reading:
    if glyph.isspace():
        return Reading(Kind.SPACE, " ", "", "")
    own = glyph.casefold()[:1]
    if unicodedata.category(glyph) == "Nd":
        shape = "" if glyph.isascii() else as_letters(glyph)
        value = str(unicodedata.digit(glyph, "") or "0")
        return Reading(Kind.DIGIT, own, _once(shape + as_sign(value) + own), "")
    letters = as_letters(glyph)
    if unicodedata.category(glyph)[0] in "LM" or (script_of(glyph) and not as_sign(glyph)):
        return Reading(Kind.LETTER, own, _once(letters + own), script_of(glyph), _is_unspaced(glyph))
    signs = _once(as_sign(glyph) + letters)
    return Reading(Kind.SIGN, own, signs, "") if signs else Reading(Kind.OTHER, own, "", "")


def _once(letters: str) -> str:
    return "".join(dict.fromkeys(letters))


def _is_unspaced(glyph: str) -> bool:
    return any(ord(glyph) in block for block in _UNSPACED)
