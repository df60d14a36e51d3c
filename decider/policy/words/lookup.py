"""The look-up of keys in a line, at a cost that hardly grows with the number of keys."""

from collections.abc import Iterator, Sequence

from ahocorasick_rs import AhoCorasick

from decider.policy.words.page import Key, Page

Found = tuple[int, int, int]  # the number of a key, where it begins in the line, and where it ends

_MOST_SPANS = 600  # beyond, one pass of the automaton is cheaper than to look up each span


class Lookup:
    """Keys in the order of their numbers; `anywhere` says which may begin and end inside words."""

    def __init__(self, keys: Sequence[str], anywhere: Sequence[bool]) -> None:
        self._numbers = {key: number for number, key in enumerate(keys)}
        self._longest = max(map(len, keys), default=0)
        self._is_anywhere = anywhere
        self._inside = [number for number, is_anywhere in enumerate(anywhere) if is_anywhere]
        self._all = AhoCorasick(keys, store_patterns=False) if keys else None
        self._anywhere = AhoCorasick([keys[number] for number in self._inside]) if self._inside else None

    def find(self, page: Page, line: Key) -> Iterator[Found]:
        """Every key that stands in the line and may."""
        starts, ends = (_runs_with(letters, line) for letters in page.edges())
        if len(starts) * len(ends) > _MOST_SPANS:
            yield from self._pass(line, frozenset(starts), frozenset(end + 1 for end in ends))
            return
        yield from self._between(line.text, starts, ends)
        if self._anywhere:
            for number, start, end in self._anywhere.find_matches_as_indexes(line.text, overlapping=True):
                yield self._inside[number], start, end

    def _between(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> Iterator[Found]:
        """Every key from where a word may begin to where one may end."""
        for start in starts:
            for last in ends:
                if start <= last < start + self._longest:
                    number = self._numbers.get(text[start : last + 1])
                    if number is not None:
                        yield number, start, last + 1

    def _pass(self, line: Key, starts: frozenset[int], ends: frozenset[int]) -> Iterator[Found]:
        """The same by one pass over the line."""
        for found in self._all.find_matches_as_indexes(line.text, overlapping=True) if self._all else ():
            number, start, end = found
            if self._is_anywhere[number] or (start in starts and end in ends):
                yield found


def _runs_with(letters: Sequence[int], line: Key) -> list[int]:
    """The runs of a line that hold any of the letters, both in order."""
    runs: list[int] = []
    run = 0
    for letter in letters:
        while line.starts[run + 1] <= letter:
            run += 1
        if not runs or runs[-1] != run:
            runs.append(run)
    return runs
