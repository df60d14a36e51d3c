"""Word lists: every list of a document searched in one pass over the folded name."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from decider.policy.lists import Kind, Match
from decider.policy.names import Folded, fold

# Scripts written without spaces, where every character may begin or end a word: Kana and Han.
_UNSPACED = (
    *(range(0x2E80, 0x3000), range(0x3005, 0x3008), range(0x3040, 0x3130), range(0x31F0, 0x3200)),
    *(range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x40000)),
)


@dataclass(frozen=True, slots=True)
class Words:
    """One word list as its author wrote it; `match` is `word`, `anywhere` or `exact`."""

    name: str
    match: str
    entries: Sequence[str]
    harmless: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What one pattern of the automaton stands for: an entry of a list, or a harmless phrase of it."""

    words: Words
    entry: str
    harmless: bool


class WordIndex:
    """All word lists of a document as one automaton: the cost does not grow with the number of words."""

    def __init__(self, lists: Sequence[Words]) -> None:
        self._patterns: list[list[_Pattern]] = []
        numbers: dict[str, int] = {}
        for form, pattern in _patterns(lists):
            number = numbers.setdefault(form, len(self._patterns))
            if number == len(self._patterns):
                self._patterns.append([])
            self._patterns[number].append(pattern)
        self._automaton = AhoCorasick(list(numbers)) if numbers else None

    def find(self, name: Folded) -> list[Match]:
        """Every entry that matches the name as its list's `match` asks, but for those inside a harmless phrase."""
        if self._automaton is None:
            return []
        hits = [
            (pattern, start, end)
            for number, start, end in self._automaton.find_matches_as_indexes(name.text, overlapping=True)
            for pattern in self._patterns[number]
            if _fills(name, start, end, "word" if pattern.harmless else pattern.words.match)
        ]
        harmless = [(pattern.words.name, start, end) for pattern, start, end in hits if pattern.harmless]
        return [
            Match(pattern.words.name, Kind.WORDS, pattern.entry, *name.original_span(start, end))
            for pattern, start, end in hits
            if not pattern.harmless and not _covered(pattern.words.name, start, end, harmless)
        ]


def _patterns(lists: Sequence[Words]) -> Iterator[tuple[str, _Pattern]]:
    for words in lists:
        for entries, harmless in ((words.entries, False), (words.harmless, True)):
            for entry in entries:
                form = fold(entry).text
                if form:
                    yield form, _Pattern(words, entry, harmless)


def _covered(name: str, start: int, end: int, harmless: Sequence[tuple[str, int, int]]) -> bool:
    return any(name == other and first <= start and end <= last for other, first, last in harmless)


def _fills(name: Folded, start: int, end: int, match: str) -> bool:
    """Whether a hit fills the span that `match` asks for, without cutting a reader's character in two."""
    if match == "exact":
        return start == 0 and end == len(name.text)
    edges = (start, end) if match == "word" else ()
    return _whole(name, start) and _whole(name, end) and all(_is_edge(name.text, at) for at in edges)


def _whole(name: Folded, at: int) -> bool:
    return at in (0, len(name.text)) or name.spans[at - 1] != name.spans[at]


def _is_edge(text: str, at: int) -> bool:
    """Whether a word may begin or end between two characters."""
    if at in (0, len(text)):
        return True
    before, after = text[at - 1], text[at]
    return not (_in_word(before) and _in_word(after)) or _is_unspaced(before) or _is_unspaced(after)


def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM"  # so `_` parts words, as a reader does


def _is_unspaced(char: str) -> bool:
    return any(ord(char) in block for block in _UNSPACED)
