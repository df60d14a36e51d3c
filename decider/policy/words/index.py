"""The index of a document's word lists: all of them searched in one pass over each reading of a name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ahocorasick_rs import AhoCorasick

from decider.policy.lists import Kind, Match
from decider.policy.names.folding import fold
from decider.policy.words.alignment import Alignment, align
from decider.policy.words.judgement import fills, is_plain, is_readable
from decider.policy.words.literal import LiteralIndex
from decider.policy.words.page import Key, Page, pages
from decider.policy.words.pattern import Pattern, Words, is_literal, patterns

__all__ = ["WordIndex", "Words"]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A pattern found in the name; the span is of the original."""

    list: str
    entry: str
    harmless: bool
    start: int
    end: int


class WordIndex:
    """All word lists of a document as one automaton: the cost hardly grows with the number of words."""

    def __init__(self, lists: Sequence[Words]) -> None:
        numbers: dict[str, int] = {}
        self._patterns: list[list[Pattern]] = []
        literals: list[tuple[Words, str, bool]] = []
        scripts: set[str] = set()
        for words, entry, harmless in _entries(lists):
            if is_literal(entry):
                literals.append((words, entry, harmless))
            for key, pattern in patterns(words, entry, harmless):
                number = numbers.setdefault(key, len(self._patterns))
                if number == len(self._patterns):
                    self._patterns.append([])
                self._patterns[number].append(pattern)
                scripts.add(pattern.script)
        self._anywhere = [any(pattern.match == "anywhere" for pattern in alike) for alike in self._patterns]
        self._scripts = sorted(scripts, reverse=True)
        self._automaton = AhoCorasick(list(numbers), store_patterns=False) if numbers else None
        self._literals = LiteralIndex(literals) if literals else None

    def find(self, name: str) -> list[Match]:
        """Every entry that a reader would find in the name as its list's `match` asks, in order of appearance.

        What a harmless phrase of the same list covers does not count, provided the phrase is written plainly.
        """
        hits = list(dict.fromkeys(self._hits(name)))
        harmless = [hit for hit in hits if hit.harmless]
        found = [hit for hit in hits if not hit.harmless and not any(_covers(phrase, hit) for phrase in harmless)]
        matches = dict.fromkeys(Match(hit.list, Kind.WORDS, hit.entry, hit.start, hit.end) for hit in found)
        return sorted(matches, key=lambda match: (match.start, match.end))

    def _hits(self, name: str) -> Iterator[_Hit]:
        for page in pages(name, self._scripts) if self._automaton else ():
            tried: set[tuple[int, int, int]] = set()
            for key in page.lines():
                yield from self._found(page, key, tried)
        if self._literals:
            for words, entry, is_harmless, start, end in self._literals.find(fold(name)):
                yield _Hit(words.name, entry, is_harmless, start, end)

    def _found(self, page: Page, key: Key, tried: set[tuple[int, int, int]]) -> Iterator[_Hit]:
        assert self._automaton is not None
        edges = _Edges(page, key)
        for number, start, end in self._automaton.find_matches_as_indexes(key.text, overlapping=True):
            place = (number, key.starts[start], key.starts[end])
            if place in tried or not (self._anywhere[number] or edges.hold(start, end)):
                continue
            tried.add(place)
            for pattern in self._patterns[number]:
                if pattern.script == page.script:
                    found = align(page, pattern, key.starts[start], key.starts[start + 1], key.starts[end])
                    good = next(filter(_counts, found), None)
                    if good is not None:
                        yield _hit(good)


class _Edges:
    """Where in a key words may begin and end: most of what the automaton finds lies across such edges."""

    def __init__(self, page: Page, key: Key) -> None:
        self._page = page
        self._runs = list(pairwise(key.starts))
        self._known: dict[tuple[int, int], bool] = {}

    def hold(self, start: int, end: int) -> bool:
        """Whether a word may begin in the run at `start` and end in the one before `end`."""
        return self._any(start, -1) and self._any(end - 1, 1)

    def _any(self, run: int, side: int) -> bool:
        known = self._known.get((run, side))
        if known is None:
            known = any(self._page.is_edge(letter, side) for letter in range(*self._runs[run]))
            self._known[run, side] = known
        return known


def _counts(alignment: Alignment) -> bool:
    if alignment.pattern.harmless:
        return is_plain(alignment) and fills(alignment, "word")
    return fills(alignment, alignment.pattern.match) and is_readable(alignment)


def _hit(alignment: Alignment) -> _Hit:
    page, pattern = alignment.page, alignment.pattern
    spans = [page.spans[page.letters[letter]] for letter in range(alignment.first, alignment.last + 1)]
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return _Hit(pattern.words.name, pattern.entry, pattern.harmless, start, end)


def _covers(phrase: _Hit, hit: _Hit) -> bool:
    return phrase.list == hit.list and phrase.start <= hit.start and hit.end <= phrase.end


def _entries(lists: Sequence[Words]) -> Iterator[tuple[Words, str, bool]]:
    for words in lists:
        yield from ((words, entry, False) for entry in words.entries)
        yield from ((words, entry, True) for entry in words.harmless)
