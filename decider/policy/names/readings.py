"""The readings of a glyph: the letters that a reader, reading in one script, may take it for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from types import MappingProxyType

from decider.policy.names import characters
from decider.policy.names.letters import as_cyrillic, as_latin
from decider.policy.names.signs import sign_as_cyrillic, sign_as_latin

# Scripts written without spaces, where every character may begin or end a word: Kana and Han.
_UNSPACED = (
    *(range(0x2E80, 0x3000), range(0x3005, 0x3008), range(0x3040, 0x3130), range(0x31F0, 0x3200)),
    *(range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x40000)),
)

# Letters that one sign or look-alike often stands for (1 for i and l, 6 for b and g, n for п and и) are one in a key;
# which it is, is settled at the match.
_ALIKE = {
    **{"i": "l", "b": "gq", "и": "йціїӏпџ", "ь": "вб", "ш": "щ", "г": "ядғ", "х": "ж", "е": "эєәз", "а": "ч"},
    **{"н": "һңћ", "к": "қ", "о": "ө", "у": "үұў"},
}
ONE_IN_A_KEY = str.maketrans({other: letter for letter, others in _ALIKE.items() for other in others})


class Kind(Enum):
    """What a glyph is, whatever it may be read as."""

    LETTER = auto()
    DIGIT = auto()
    SIGN = auto()  # punctuation or a symbol that some take for a letter
    SPACE = auto()
    OTHER = auto()  # punctuation, symbols, emoji


@dataclass(frozen=True, slots=True)
class Reading:
    """A glyph, read: its kind, itself in small, and the letters it is read as, likeliest first.

    `keys` are those letters as an index knows them, `own_key` is a letter itself as an index knows it, `in_word` is
    whether a word goes on over it, and `unspaced` whether its script writes words without spaces.
    """

    kind: Kind
    own: str
    letters: str
    keys: str = ""
    script: str = ""
    in_word: bool = False
    unspaced: bool = False
    own_key: str = ""


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
        return Reading(Kind.SPACE, " ", "")
    own = glyph.casefold()[:1]
    if characters.category(glyph) == "Nd":
        shape = "" if glyph.isascii() else as_letters(glyph)
        value = str(characters.digit(glyph, "") or "0")
        letters = _once(shape + as_sign(value)) or own
        return Reading(Kind.DIGIT, own, _once(letters + own), _keys(letters), in_word=True)
    letters = as_letters(glyph)
    if _is_letter(glyph) and not as_sign(glyph):
        own_key = own.translate(ONE_IN_A_KEY)
        keys, script = _keys(letters or own), characters.script(glyph)
        return Reading(Kind.LETTER, own, _once(letters + own), keys, script, True, _is_unspaced(glyph), own_key)
    signs = _once(as_sign(glyph) + letters)
    return Reading(Kind.SIGN, own, signs, _keys(signs)) if signs else Reading(Kind.OTHER, own, "")


def _is_letter(glyph: str) -> bool:
    """Whether words are spelt with it: not a script's punctuation and signs."""
    category = characters.category(glyph)
    if category[0] in "LM":
        return True
    script = characters.script(glyph)
    return script != "" and (category[0] == "N" or (script == "Han" and category[0] != "P"))


def _keys(letters: str) -> str:
    """The letters that differ in a key."""
    return _once(letters.translate(ONE_IN_A_KEY))


def _once(letters: str) -> str:
    return "".join(dict.fromkeys(letters))


def _is_unspaced(glyph: str) -> bool:
    return any(ord(glyph) in block for block in _UNSPACED)
