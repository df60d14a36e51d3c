"""The characters of a name that nobody sees."""

from decider.policy.names import characters
from decider.policy.names.writing import UNSPACED

# Characters drawn as nothing by Unicode's design (Default_Ignorable_Code_Point) or by custom (U+2800).
_IGNORABLE = (
    *(range(0xAD, 0xAE), range(0x34F, 0x350), range(0x61C, 0x61D), range(0x115F, 0x1161), range(0x17B4, 0x17B6)),
    *(range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070)),
    *(range(0x2800, 0x2801), range(0x3164, 0x3165), range(0xFE00, 0xFE10), range(0xFEFF, 0xFF00)),
    *(range(0xFFA0, 0xFFA1), range(0xFFF0, 0xFFFC), range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B)),
    range(0xE0000, 0xE1000),
)
_UNSEEN = frozenset(chr(code) for block in _IGNORABLE for code in block)
ROOM = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # nothing is drawn, but in many fonts room is left
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")
_SELECTORS = frozenset(map(chr, (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_TAG_CHARS = "".join(map(chr, range(0xE0020, 0xE0080)))
_TAGS = frozenset(_TAG_CHARS)
_EMOJI_JOINER = "\u200d"
_BLACK_FLAG = "\U0001f3f4"
# Scripts whose words are spelt with joiners (and marks), and those whose letters have standardised variants.
JOINING = frozenset(
    [
        *("Arabic", "Syriac", "Nko", "Mongolian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil"),
        *("Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar", "Tibetan", "Balinese", "Javanese"),
    ]
)
_WORD_BREAK = "\u200b"  # between words of scripts that put no space there
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")
_RIGHT_TO_LEFT = frozenset(["R", "AL"])
_PICTORIAL_LETTER = "\u2139"  # ℹ, the one letter among emoji
_VARYING = frozenset(["Han", "Mongolian", "Myanmar"])


def is_unseen(char: str) -> bool:
    """Whether the character is drawn as nothing and takes no room."""
    return (char in _UNSEEN and char not in ROOM) or (_is_control(char) and not char.isspace())


def is_blank(char: str) -> bool:
    """Whether the character is drawn as a space, whatever Unicode calls it."""
    return char in ROOM or char.isspace()


def hides_characters(text: str) -> bool:
    """Whether the text carries characters that nobody sees, but for those that emoji and words are spelt with."""
    if text.isascii() and text.isprintable():
        return False
    return any(_hidden(text, index) for index, char in enumerate(text) if char in _UNSEEN or _is_control(char))


def _is_control(char: str) -> bool:
    return characters.category(char) in ("Cc", "Zl", "Zp")


def _hidden(text: str, index: int) -> bool:
    char, before, after = text[index], text[max(index - 1, 0) : index], text[index + 1 : index + 2]
    if char == _WORD_BREAK:
        return UNSPACED.isdisjoint((_script(before), _script(after)))
    if char in _DIRECTION_MARKS:
        return not _is_at_work(text, before, after)
    if char in _JOINERS:
        return _script(before) not in JOINING and not (char == _EMOJI_JOINER and _is_emoji(before))
    if char in _EMOJI_SELECTORS and _is_pictorial(before):
        return False
    if char in _SELECTORS:
        return _script(before) not in _VARYING
    if char in _TAGS:
        return not text[:index].rstrip(_TAG_CHARS).endswith(_BLACK_FLAG)
    return True


def _is_emoji(char: str) -> bool:
    """Whether an emoji can be joined to it: a symbol, a skin tone, or a selector after one."""
    return char != "" and (characters.category(char) in ("So", "Sk", "Sm") or char in _EMOJI_SELECTORS)


def _is_pictorial(char: str) -> bool:
    """Whether it can be drawn as an emoji: a symbol, a keycap's base, a mark such as ‼."""
    return char != "" and (characters.category(char)[0] in "SNP" or char == _PICTORIAL_LETTER)


def _is_at_work(text: str, before: str, after: str) -> bool:
    """Whether a direction mark between the two is one that writers from right to left need: not within a word."""
    if all(char and characters.category(char)[0] in "LM" for char in (before, after)):
        return _runs_left(before) != _runs_left(after)
    return any(_runs_left(char) for char in text if char not in _DIRECTION_MARKS)


def _runs_left(char: str) -> bool:
    return characters.bidirectional(char) in _RIGHT_TO_LEFT


def _script(char: str) -> str:
    return characters.script(char) if char else ""
