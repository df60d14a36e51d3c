"""The look-up of keys in a line, at a cost that hardly grows with the number of keys."""

from collections.abc import Iterator, Sequence

from ahocorasick_rs import AhoCorasick

from decider.policy.words.page import Key, Page

Found = tuple[int, int, int]  # the number of a key, where it begins in the line, and where it ends

_MOST_KEYS = 8_192  # of one automaton: some 8 ms to build, in which no other thread runs


class Lookup:
    """Keys in the order of their numbers; `anywhere` says which may begin and end inside words."""

    def __init__(self, keys: Sequence[str], anywhere: Sequence[bool]) -> None:
        self._numbers = {key: number for number, key in enumerate(keys)}
        self._lengths = sorted({len(key) for key in keys})
        self._inside = [number for number, is_anywhere in enumerate(anywhere) if is_anywhere]
        self._anywhere = _Automata([keys[number] for number in self._inside])

    def find(self, page: Page, line: Key) -> Iterator[Found]:
        """Every key that stands in the line and may."""
        starts, ends = (_runs_with(letters, line) for letters in page.edges)
        yield from self._between(line.text, starts, frozenset(last + 1 for last in ends))
        for number, start, end in self._anywhere.find(line.text):
            yield self._inside[number], start, end

    def _between(self, text: str, starts: Sequence[int], ends: frozenset[int]) -> Iterator[Found]:
        """Every key from where a word may begin to where one may end."""
        for start in starts:
            for length in self._lengths:
                end = start + length
                if end in ends:
                    number = self._numbers.get(text[start:end])
                    if number is not None:
                        yield number, start, end


class _Automata:
    """Keys as Aho-Corasick automata. While one is built no other thread runs, so that each holds a part of the keys."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._parts = [
            (first, AhoCorasick(keys[first : first + _MOST_KEYS], store_patterns=False))
            for first in range(0, len(keys), _MOST_KEYS)
        ]

    def find(self, text: str) -> Iterator[Found]:
        """Every key in the text, overlapping ones too."""
        for first, automaton in self._parts:
            for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True):
                yield first + number, start, end


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
