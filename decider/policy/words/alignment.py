"""An alignment: which letters of a page an entry's letters were found in."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from decider.policy.names.readings import Kind, Reading
from decider.policy.words.page import Page
from decider.policy.words.pattern import Pattern, Run

_MOST_STARTS = 6


@dataclass(frozen=True, slots=True)
class Alignment:
    """For each run of the pattern where it begins in the page's letters, and where the last one ends."""

    page: Page
    pattern: Pattern
    bounds: Sequence[int]

    @property
    def first(self) -> int:
        """The first letter."""
        return self.bounds[0]

    @property
    def last(self) -> int:
        """The last letter."""
        return self.bounds[-1] - 1

    def sizes(self) -> Iterator[tuple[Run, int]]:
        """Each run with the number of letters it was found in."""
        return ((run, end - start) for run, (start, end) in zip(self.pattern.runs, pairwise(self.bounds), strict=True))

    def words(self) -> Iterator[list[tuple[int, Run]]]:
        """The letters of each word of the entry, with the run each belongs to."""
        word: list[tuple[int, Run]] = []
        for run, (start, end) in zip(self.pattern.runs, pairwise(self.bounds), strict=True):
            word += [(letter, run) for letter in range(start, end)]
            if run.ends_word:
                yield word
                word = []

    def reading(self, letter: int) -> Reading:
        """What stands at a letter."""
        return self.page.read[self.page.letters[letter]]


def align(page: Page, pattern: Pattern, start: int, turn: int, end: int) -> Iterator[Alignment]:
    """Every way worth a look to find the pattern from a letter of `start:turn` on, before `end`."""
    runs = pattern.runs
    for across in (False, True):
        for first in _starts(page, runs[0], start, turn):
            bounds = _fit(page, runs, first, end, across)
            if bounds is not None:
                yield Alignment(page, pattern, bounds)
                trimmed = [bounds[1] - runs[0].count, *bounds[1:-1], bounds[-2] + runs[-1].count]
                if len(runs) > 1 and trimmed != bounds:  # what the word beside ends or begins with
                    yield Alignment(page, pattern, trimmed)


def is_plain(alignment: Alignment, besides: Set[int] = frozenset()) -> bool:
    """Whether the entry stands there undisguised, but for case, width and accents, and for some glyphs of the page."""
    if any(size != run.count for run, size in alignment.sizes()):
        return False
    for word in alignment.words():
        if any(alignment.page.gap(letter) for letter, _ in word[:-1]):
            return False
        others = [(letter, run) for letter, run in word if alignment.page.letters[letter] not in besides]
        if any(not is_own(alignment.reading(letter), run) for letter, run in others):
            return False
        if any(alignment.page.letters[letter] in alignment.page.pairs for letter, _ in word):
            return False
    return True


def is_own(reading: Reading, run: Run) -> bool:
    """Whether the letter stands there as itself."""
    return reading.own in run.letters


def _starts(page: Page, run: Run, start: int, turn: int) -> list[int]:
    """Where the first run can begin: with the stretch, after a gap, or where its letter first appears."""
    starts = [
        at
        for at in range(start, turn)
        if _reads(page, at, run) and (at == start or page.gap_before(at) or not _reads(page, at - 1, run))
    ]
    return starts if len(starts) <= _MOST_STARTS else [*starts[:3], *starts[-3:]]


def _fit(page: Page, runs: Sequence[Run], first: int, end: int, across: bool) -> list[int] | None:
    """The bounds of the runs, each as long as the rest allows. `across`: a stretched letter may have gaps in it."""
    bounds = [first]
    sizes: list[int] = []
    while len(sizes) < len(runs):
        size = _longest(page, runs[len(sizes)], bounds[-1], end, across)
        while size < runs[len(sizes)].count:  # take one letter back from the nearest run that can spare it
            if not sizes:
                return None
            bounds.pop()
            size = sizes.pop() - 1
        sizes.append(size)
        bounds.append(bounds[-1] + size)
    return bounds


def _longest(page: Page, run: Run, first: int, end: int, across: bool) -> int:
    at = first
    while at < end and _reads(page, at, run):
        if at - first >= run.count and page.gap_before(at) and (not across or page.in_word(page.letters[at] + 1)):
            break  # the same letter, but of the next word
        at += 1
    return at - first


def _reads(page: Page, letter: int, run: Run) -> bool:
    """Whether a letter of the page can be read as the run's."""
    reading = page.read[page.letters[letter]]
    if any(char in run.letters for char in reading.letters):
        return True
    return _case_twin(page, page.letters[letter], reading, run)


def _case_twin(page: Page, at: int, reading: Reading, run: Run) -> bool:
    """A capital I among small letters is an l, a small l among capitals an I, and in a long word either is either."""
    if reading.kind is not Kind.LETTER or reading.own not in ("i", "l"):
        return False
    if run.long and not {"i", "l"}.isdisjoint(run.letters):
        return True
    glyph = page.glyphs[at]
    beside = [*page.glyphs[max(at - 1, 0) : at], *page.glyphs[at + 1 : at + 2]]
    if glyph == "I" and "l" in run.letters:
        return any(other.islower() or not other.isascii() for other in beside)
    return glyph == "l" and "i" in run.letters and all(other.isupper() for other in beside if other.isalpha())
