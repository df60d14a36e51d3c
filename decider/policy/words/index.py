"""The index of a document's word lists: all of them looked up at once in each reading of a name."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from decider.policy.lists import Kind, Match
from decider.policy.names.folding import Folded, fold
from decider.policy.names.readings import READERS, Reading
from decider.policy.words.alignment import Alignment, align, is_plain
from decider.policy.words.context import has_its_accents
from decider.policy.words.judgement import fills, is_readable
from decider.policy.words.literal import LiteralIndex
from decider.policy.words.lookup import Lookup
from decider.policy.words.page import Page, pages
from decider.policy.words.pattern import Pattern, Words, is_literal, patterns
from decider.policy.words.plain import is_plainly
from decider.policy.words.table import PatternTable

__all__ = ["WordIndex", "Words"]

_MOST_SUSPICIONS = 1000  # judged in one name; what a name may cost is bounded
_Place = tuple[int, int, int]  # where a key's letters begin on a page, where its first run ends, and where they end
_Suspicion = tuple[Page, Pattern, _Place]


@dataclass(frozen=True, slots=True)
class _Hit:
    """A pattern found in the name; the span is of the original."""

    list: str
    entry: str
    harmless: bool
    start: int
    end: int


class WordIndex:
    """All word lists of a document in one look-up."""

    def __init__(self, lists: Sequence[Words]) -> None:
        self._table = PatternTable()
        literals: list[tuple[Words, str, bool]] = []
        for words, entry, harmless in _entries(lists):
            if is_literal(entry) and fold(entry).text:
                literals.append((words, entry, harmless))
            for key, pattern in patterns(words, entry, harmless):
                self._table.add(key, pattern)
        scripts = self._table.scripts()
        self._scripts = [script for script in READERS if script in scripts]
        self._lookup = Lookup(self._table.keys(), self._table.anywhere())
        self._lists = len({words.name for words in lists})
        self._literals = LiteralIndex(literals) if literals else None

    def find(self, name: str, folded: Folded | None = None) -> list[Match]:
        """Every entry that a reader would find in the name as its list's `match` asks, in order of appearance.

        `folded` is the name's folded form, where the caller has it. What a harmless phrase of the same list covers does
        not count, provided the phrase is written plainly.
        """
        hits = list(dict.fromkeys(self._hits(name, folded)))
        harmless = [hit for hit in hits if hit.harmless and is_plainly(hit.entry, name[hit.start : hit.end])]
        found = [hit for hit in hits if not hit.harmless and not any(_covers(phrase, hit) for phrase in harmless)]
        matches = dict.fromkeys(Match(hit.list, Kind.WORDS, hit.entry, hit.start, hit.end) for hit in found)
        return sorted(matches, key=lambda match: (match.start, match.end))

    def _hits(self, name: str, folded: Folded | None) -> Iterator[_Hit]:
        suspicions = self._suspicions(name)
        for page, pattern, (start, turn, end) in itertools.islice(suspicions, _MOST_SUSPICIONS):
            good = next(filter(_counts, align(page, pattern, start, turn, end)), None)
            if good is not None:
                yield _hit(good.page, pattern, good.first, good.last)
        yield from self._unjudged(suspicions)
        if self._literals:
            for words, entry, harmless, start, end in self._literals.find(folded or fold(name)):
                yield _Hit(words.name, entry, harmless, start, end)

    def _unjudged(self, suspicions: Iterator[_Suspicion]) -> Iterator[_Hit]:
        """What is left counts, once for each list: nothing innocent has so much of it, and it must not hide a word."""
        lists: set[str] = set()
        for page, pattern, (start, _, end) in suspicions:
            if not pattern.harmless and pattern.words.name not in lists:
                lists.add(pattern.words.name)
                yield _hit(page, pattern, start, end - 1)
            if len(lists) == self._lists:
                return

    def _suspicions(self, name: str) -> Iterator[_Suspicion]:
        """Every pattern whose key stands somewhere on a page; once where pages differ in nothing that is near."""
        read: Sequence[Reading] = ()
        tried: set[tuple[int, int, Sequence[int]]] = set()
        for page in pages(name, self._scripts):
            if page.read is not read:
                read, tried = page.read, set()
            for line in page.lines():
                for number, start, end in self._lookup.find(page, line):
                    place = (line.starts[start], line.starts[start + 1], line.starts[end])
                    near = page.letters[max(place[0] - 2, 0) : place[2] + 2]
                    look = (number, page.letters[place[1] - 1], tuple(near))
                    if look not in tried:
                        tried.add(look)
                        yield from ((page, pattern, place) for pattern in self._fitting(page, number, place))

    def _fitting(self, page: Page, number: int, place: _Place) -> Iterator[Pattern]:
        letters = place[2] - place[0]
        return (found for found in self._table.of(number) if found.script == page.script and found.size <= letters)


def _counts(alignment: Alignment) -> bool:
    if alignment.pattern.harmless:
        return is_plain(alignment) and fills(alignment, "word") and has_its_accents(alignment)
    return fills(alignment, alignment.pattern.match) and is_readable(alignment)


def _hit(page: Page, pattern: Pattern, first: int, last: int) -> _Hit:
    spans = [page.spans[page.letters[letter]] for letter in range(first, last + 1)]
    start, end = min(start for start, _ in spans), max(end for _, end in spans)
    return _Hit(pattern.words.name, pattern.entry, pattern.harmless, start, end)


def _covers(phrase: _Hit, hit: _Hit) -> bool:
    return phrase.list == hit.list and phrase.start <= hit.start and hit.end <= phrase.end


def _entries(lists: Sequence[Words]) -> Iterator[tuple[Words, str, bool]]:
    for words in lists:
        yield from ((words, entry, False) for entry in words.entries)
        yield from ((words, entry, True) for entry in words.harmless)
