"""Entries with signs in them, such as `c++`, `t.me` or an emoji: found as they are in the folded name."""

from collections.abc import Iterator, Sequence

from ahocorasick_rs import AhoCorasick

from decider.policy.names import characters
from decider.policy.names.folding import Folded, fold
from decider.policy.names.readings import read_in_latin
from decider.policy.words.pattern import Words

Literal = tuple[Words, str, bool]  # the list, the entry as written, whether it is harmless


class LiteralIndex:
    """All literal entries of a document as one automaton."""

    def __init__(self, literals: Sequence[Literal]) -> None:
        numbers: dict[str, int] = {}
        self._literals: list[list[Literal]] = []
        for literal in literals:
            number = numbers.setdefault(fold(literal[1]).text, len(self._literals))
            if number == len(self._literals):
                self._literals.append([])
            self._literals[number].append(literal)
        self._automaton = AhoCorasick(list(numbers), store_patterns=False)

    def find(self, name: Folded) -> Iterator[tuple[Words, str, bool, int, int]]:
        """Each entry that is in the name as its list's `match` asks, and its span in the original."""
        for number, start, end in self._automaton.find_matches_as_indexes(name.text, overlapping=True):
            for words, entry, harmless in self._literals[number]:
                if _fills(name, start, end, "word" if harmless else words.match):
                    behind = name.spans[start:end]
                    yield words, entry, harmless, min(span[0] for span in behind), max(span[1] for span in behind)


def _fills(name: Folded, start: int, end: int, match: str) -> bool:
    if match == "exact":
        return start == 0 and end == len(name.text)
    return match == "anywhere" or (_is_edge(name.text, start) and _is_edge(name.text, end))


def _is_edge(text: str, at: int) -> bool:
    """Whether a word may begin or end between two characters."""
    if at in (0, len(text)):
        return True
    before, after = text[at - 1], text[at]
    if not (_in_word(before) and _in_word(after)):
        return True
    return read_in_latin(before).unspaced or read_in_latin(after).unspaced


def _in_word(char: str) -> bool:
    return characters.category(char)[0] in "LNM"
