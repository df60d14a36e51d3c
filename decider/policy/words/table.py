"""The patterns behind each key of an index.

They are kept as texts and numbers in a few long arrays. As objects of their own, a hundred thousand of them would be
looked at again in every collection of garbage, and hold up every thread for as long.
"""

from array import array
from collections.abc import Iterator, Sequence

from decider.policy.words.pattern import Pattern, Words

_Kind = tuple[Words, bool, str]  # the list, whether the entry is harmless, and the script it is read in
_NONE = -1


class PatternTable:
    """Patterns by the number of their key, in the order of the keys' first appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._latest = array("l")  # for each key its latest pattern
        self._anywhere = bytearray()  # and whether one of its patterns may stand inside words
        self._entries: list[str] = []  # for each pattern its entry,
        self._sizes = array("l")  # how many letters that has,
        self._kinds = array("l")  # the number of its kind,
        self._earlier = array("l")  # and the pattern before it that has the same key
        self._known: dict[_Kind, int] = {}

    def add(self, key: str, pattern: Pattern) -> None:
        """Add a pattern under a key."""
        number = self._numbers.setdefault(key, len(self._latest))
        if number == len(self._latest):
            self._latest.append(_NONE)
            self._anywhere.append(False)
        self._anywhere[number] |= pattern.match == "anywhere"
        kind = (pattern.words, pattern.harmless, pattern.script)
        self._entries.append(pattern.entry)
        self._sizes.append(pattern.size)
        self._kinds.append(self._known.setdefault(kind, len(self._known)))
        self._earlier.append(self._latest[number])
        self._latest[number] = len(self._entries) - 1

    def keys(self) -> Sequence[str]:
        """Every key, in the order of the numbers."""
        return list(self._numbers)

    def anywhere(self) -> Sequence[bool]:
        """For each key whether one of its patterns may stand inside words."""
        return [bool(flag) for flag in self._anywhere]

    def scripts(self) -> set[str]:
        """The scripts that patterns are read in."""
        return {script for _, _, script in self._known}

    def of(self, number: int) -> Iterator[Pattern]:
        """The patterns of a key."""
        kinds = list(self._known)
        at = self._latest[number]
        while at != _NONE:
            words, harmless, script = kinds[self._kinds[at]]
            yield Pattern(words, self._entries[at], harmless, script, self._sizes[at])
            at = self._earlier[at]
