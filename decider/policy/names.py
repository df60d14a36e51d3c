"""What a reader sees in a name: its folded form, its length and scripts, what it hides.

The one module that knows the Unicode library (`disarm`, whose tables are Unicode 17 whatever the interpreter's).
"""

import unicodedata
from dataclasses import dataclass

import disarm

# Characters drawn as nothing by Unicode's design (Default_Ignorable_Code_Point) or by custom (U+2800).
_IGNORABLE = (
    *(
        range(0xAD, 0xAE),
        range(0x34F, 0x350),
        range(0x61C, 0x61D),
        range(0x115F, 0x1161),
        range(0x17B4, 0x17B6),
    ),
    *(range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070)),
    *(range(0x2800, 0x2801), range(0x3164, 0x3165), range(0xFE00, 0xFE10), range(0xFEFF, 0xFF00)),
    *(range(0xFFA0, 0xFFA1), range(0xFFF0, 0xFFFC), range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B)),
    range(0xE0000, 0xE1000),
)
_UNSEEN = frozenset(chr(code) for block in _IGNORABLE for code in block)
_JOINERS = frozenset("\u200c\u200d")
_EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")
_SELECTORS = frozenset(map(chr, (*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
_BLACK_FLAG = "\U0001f3f4"
# Scripts whose words are spelt with joiners, and those whose letters have standardised variants.
_JOINING = frozenset(
    [
        *("Arabic", "Syriac", "NKo", "Mongolian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil"),
        *("Telugu", "Kannada", "Malayalam", "Sinhala", "Khmer", "Myanmar", "Tibetan", "Balinese", "Javanese"),
    ]
)
_VARYING = frozenset(["Han", "Mongolian", "Myanmar"])


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in its folded form, and for each of its characters the span of the original it came from."""

    text: str
    spans: tuple[tuple[int, int], ...]  # start and end in code points of the original

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original behind `text[start:end]`, which is not empty."""
        return self.spans[start][0], self.spans[end - 1][1]


def fold(text: str) -> Folded:
    """Fold width, compatibility forms, case and runs of white space, one reader's character at a time."""
    if text.isascii() and text.isprintable() and text == " ".join(text.split()):
        return Folded(text.lower(), tuple((index, index + 1) for index in range(len(text))))
    folded: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for cluster in disarm.grapheme_split(text):
        end = at + len(cluster)
        form = _fold_cluster(cluster)
        if form != " " or (folded and folded[-1] != " "):
            folded.extend(form)
            spans.extend([(at, end)] * len(form))
        at = end
    if folded and folded[-1] == " ":
        folded.pop()
        spans.pop()
    return Folded("".join(folded), tuple(spans))


def _fold_cluster(cluster: str) -> str:
    if cluster.isspace():
        return " "
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())


def length(text: str) -> int:
    """How many characters a reader counts: grapheme clusters."""
    return disarm.grapheme_len(text)


def scripts(text: str) -> list[str]:
    """The Unicode scripts of the text's letters, in order of first appearance, as Unicode names them."""
    return [script.value for script in disarm.detect_scripts(text)]


def mixes_scripts(text: str) -> bool:
    """Whether one word mixes writing systems."""
    return disarm.is_mixed_script(text, per_word=True)


def hides_characters(text: str) -> bool:
    """Whether the text carries characters that nobody sees, but for those that emoji and words are spelt with."""
    return any(_hidden(text, index) for index, char in enumerate(text) if char in _UNSEEN or _is_control(char))


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")


def _hidden(text: str, index: int) -> bool:
    char, before = text[index], text[index - 1 : index]
    if char in _JOINERS:
        return not (_is_pictorial(before) or _script(before) in _JOINING)
    if char in _EMOJI_SELECTORS and _is_pictorial(before):
        return False
    if char in _SELECTORS:
        return _script(before) not in _VARYING
    if char in _TAGS:
        return _BLACK_FLAG not in text[:index]
    return True


def _is_pictorial(char: str) -> bool:
    """Whether an emoji can begin or go on with it: a symbol, a keycap's base, or a selector after one."""
    return char != "" and (unicodedata.category(char)[0] in "SNP" or char in _EMOJI_SELECTORS)


def _script(char: str) -> str:
    return next((script.value for script in disarm.detect_scripts(char)), "")
