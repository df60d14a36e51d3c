"""A pattern: an entry of a word list as one script's reader looks for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from decider.policy.names.glyphs import see
from decider.policy.names.readings import READERS, Kind, Reading
from decider.policy.words.page import keys_of, plain_key

_MOST_KEYS = 8
_LONG = 6
_JOINERS = frozenset("-'’‘ʼ‐‑·・_")  # what may stand between the words of an entry, and need not


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """One word list as its author wrote it; `match` is `word`, `anywhere` or `exact`."""

    name: str
    match: str
    entries: Sequence[str]
    harmless: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A letter and how many times it stands in a row; whether a word of the entry ends after it."""

    letters: str  # the letters that count as this one
    count: int
    ends_word: bool
    digit: bool
    long: bool = False  # whether the entry has so many letters that one mistaken leaves no doubt


@dataclass(frozen=True, slots=True)
class Pattern:
    """An entry of a list, or a harmless phrase of it, in one script. `size` is how many letters it has."""

    words: Words
    entry: str
    harmless: bool
    script: str
    size: int

    @property
    def match(self) -> str:
        """The span that a hit must fill."""
        return "word" if self.harmless else self.words.match

    @property
    def runs(self) -> Sequence[Run]:
        """The letters of the entry."""
        return _runs_of(self.entry, self.script)


def patterns(words: Words, entry: str, harmless: bool) -> Iterator[tuple[str, Pattern]]:
    """The patterns of an entry with the keys they are found under. None for one without letters."""
    if entry.isascii() and entry.replace(" ", "").isalpha():
        yield plain_key(entry), Pattern(words, entry, harmless, "Latin", len(entry.replace(" ", "")))
        return
    glyphs, _ = see(entry)
    for script in _scripts(glyphs):
        readings = [reading for word in _words([READERS[script](glyph) for glyph in glyphs]) for reading in word]
        if readings:
            pattern = Pattern(words, entry, harmless, script, len(readings))
            yield from ((key, pattern) for key in keys_of(readings, _MOST_KEYS))


@lru_cache(maxsize=16384)  # of a hundred thousand entries few are ever looked at
def _runs_of(entry: str, script: str) -> Sequence[Run]:
    glyphs, _ = see(entry)
    words = _words([READERS[script](glyph) for glyph in glyphs])
    long = sum(map(len, words)) >= _LONG
    return [replace(run, long=long) for word in words for run in _runs(word)]


def is_literal(entry: str) -> bool:
    """Whether the entry has signs that must be there as they are (`c++`, `t.me`, an emoji), or nothing but signs."""
    if entry.isascii() and entry.replace(" ", "").isalpha():
        return False
    readings = [READERS["Latin"](glyph) for glyph in see(entry)[0]]
    signs = [reading for reading in readings if reading.kind in (Kind.SIGN, Kind.OTHER)]
    return any(reading.own not in _JOINERS for reading in signs) or not any(reading.in_word for reading in readings)


def _scripts(glyphs: Sequence[str]) -> Sequence[str]:
    """The scripts that the entry can be read in: one, unless it is itself in disguise."""
    found = {READERS["Latin"](glyph).script for glyph in glyphs} - {""}
    if "Cyrillic" not in found:
        return ("Latin",)
    if found == {"Cyrillic"}:
        return ("Cyrillic",)
    readable = [script for script in READERS if all(_is_readable(READERS[script](glyph), script) for glyph in glyphs)]
    return readable or ("Latin",)


def _is_readable(reading: Reading, script: str) -> bool:
    return reading.kind is not Kind.LETTER or reading.script == script or reading.letters != reading.own


def _words(readings: Sequence[Reading]) -> list[list[Reading]]:
    """The words of an entry; none if it has signs that are no letters."""
    words: list[list[Reading]] = [[]]
    signs = False
    for at, reading in enumerate(readings):
        if reading.kind in (Kind.LETTER, Kind.DIGIT) or (reading.kind is Kind.SIGN and _is_letter(readings, at)):
            words[-1].append(reading)
        else:
            words.append([])
            signs = signs or not (reading.kind is Kind.SPACE or reading.own in _JOINERS)
    words = [word for word in words if word]
    if len(words) > 2 and all(len(word) == 1 for word in words):
        return [[word[0] for word in words]]
    return [] if signs else words


def _is_letter(readings: Sequence[Reading], at: int) -> bool:
    """Whether a sign of an entry is meant as a letter: `sp@m`, `$pam`, but not `c++`."""
    after = readings[at + 1 : at + 2]
    return bool(after) and after[0].kind is Kind.LETTER


def _runs(word: Sequence[Reading]) -> list[Run]:
    leet = any(reading.kind is Kind.LETTER for reading in word)
    runs: list[Run] = []
    for alike in (_letters(reading, leet) for reading in word):
        if runs and runs[-1].letters == alike:
            runs[-1] = replace(runs[-1], count=runs[-1].count + 1)
        else:
            runs.append(Run(alike, 1, ends_word=False, digit=alike.isdigit()))
    runs[-1] = replace(runs[-1], ends_word=True)
    return runs


def _letters(reading: Reading, leet: bool) -> str:
    """The letters that count as this one of an entry."""
    own_letter = reading.kind is Kind.LETTER and reading.letters[0] == reading.own
    own_digit = reading.kind is Kind.DIGIT and not leet
    return reading.own if own_letter or own_digit else reading.letters
