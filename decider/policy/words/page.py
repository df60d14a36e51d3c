"""A page: a name laid out for one way to read it, and the keys under which an index finds its words."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from decider.policy.names import characters
from decider.policy.names.glyphs import Span
from decider.policy.names.readings import ONE_IN_A_KEY, READERS, Kind, Reading
from decider.policy.names.signs import is_sign, stands_only_inside
from decider.policy.words.sights import Sight, sights

_MOST_WAYS, _MOST_WAYS_IF_LONG = 32, 2
_MOST_REPEATED = 2  # signs that are taken for separators while others are not
_LONG = 200  # glyphs; what a name may cost is bounded
# Letters that have no twin in the other script: a word with one is surely of its own script.
_SURELY = {
    "Cyrillic": frozenset("бджзийлфцчшщъыэюяђљњ"),
    "Latin": frozenset("dfgjlqsvz"),
    "Greek": frozenset("βγδζθλμξπσςφψω"),
    "Armenian": frozenset("աբգդեզէըթժլխծկձղճմյշչջռվտրցփքֆ"),
}
_ADDED = frozenset("ıøđłħŧŋðþəɛɔ")  # letters of Latin alphabets that Unicode does not take for accented ones
_CODE = re.compile(r"\b[^\W\d_][0-9]+\b")
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Key:
    """A page's letters as one line, runs of one letter as one character, with the letters behind each."""

    text: str
    starts: Sequence[int]  # for each character its first letter, and the number of letters at the end


@dataclass(frozen=True, eq=False)
class Page:
    """A name in the order and script that it is read in. `letters` are the places of its glyphs that are letters."""

    name: str
    script: str
    glyphs: Sequence[str]
    spans: Sequence[Span]
    read: Sequence[Reading]
    letters: Sequence[int]
    pairs: Set[int] = frozenset()  # of the sight

    @cached_property
    def accented(self) -> Set[int]:
        """The places of the letters that some language's spelling adds to the alphabet, with accents or not."""
        written = (characters.normalize("NFC", self.name[start:end]) for start, end in self.spans)
        both = zip(self.glyphs, written, strict=True)
        return frozenset(at for at, (glyph, letter) in enumerate(both) if is_accented(glyph, letter))

    @cached_property
    def codes(self) -> Set[str]:
        """The tokens that are a letter and a number."""
        return frozenset(_CODE.findall("".join(self.glyphs)))

    @cached_property
    def surely(self) -> Mapping[str, Sequence[int]]:
        """By script, the places of the letters that no other script has the like of."""
        places: dict[str, list[int]] = {script: [] for script in _SURELY}
        for at, glyph in enumerate(self.glyphs):
            script = characters.script(glyph)
            if script in places and glyph.casefold() in _SURELY[script]:
                places[script].append(at)
        return places

    def lines(self) -> Iterator[Key]:
        """The keys, one for each way to read the glyphs that stand for several letters, within each token.

        The last one takes letters of other scripts for themselves, which they are in either case.
        """
        choices = [self._choices(at) for at in self.letters]
        if max(map(len, choices)) == 1:
            yield _squeeze(choices)
            return
        ways = [list(self._ways(token)) for token in self._tokens()]
        for way in range(max(map(len, ways))):
            yield _squeeze([letter for token in ways for letter in token[min(way, len(token) - 1)]])
        if any(self.read[at].script not in ("", self.script) for at in self.letters):
            yield _squeeze(
                [self.read[at].own_key or choice[0] for at, choice in zip(self.letters, choices, strict=True)]
            )

    def _tokens(self) -> list[list[int]]:
        """The letters between white space; letters that stand alone are one token together."""
        tokens: list[list[int]] = []
        alone = False
        for before, at in itertools.pairwise((-1, *self.letters)):
            if not tokens or any(reading.kind is Kind.SPACE for reading in self.read[before + 1 : at]):
                is_alone = not self.in_word(at + 1)
                if not (tokens and alone and is_alone):
                    tokens.append([])
                alone = is_alone
            tokens[-1].append(at)
        return tokens

    def _ways(self, token: Sequence[int]) -> Iterator[list[str]]:
        """The ways to read a token: one glyph is one letter throughout, in a word of another script the likeliest."""
        scripts = {self.read[at].script for at in token if self.read[at].kind is Kind.LETTER}
        most = 1 if len(scripts) == 1 and self.script not in scripts else None
        choices = {self.glyphs[at]: self._choices(at)[:most] for at in token}
        most_ways = _MOST_WAYS if len(self.glyphs) <= _LONG else _MOST_WAYS_IF_LONG
        for way in itertools.islice(itertools.product(*choices.values()), most_ways):
            chosen = dict(zip(choices, way, strict=True))
            yield [chosen[self.glyphs[at]] for at in token]

    def gap(self, letter: int) -> Sequence[Reading]:
        """What stands between a letter and the next."""
        return self.read[self.letters[letter] + 1 : self.letters[letter + 1]]

    def gap_before(self, letter: int) -> bool:
        """Whether anything, or nothing at all, stands before the letter."""
        return letter == 0 or self.letters[letter] - self.letters[letter - 1] > 1

    def in_word(self, at: int) -> bool:
        """Whether a glyph goes on with the word beside it: a letter or a digit."""
        return 0 <= at < len(self.read) and self.read[at].in_word

    def goes_on(self, at: int) -> bool:
        """Whether a glyph goes on with a word that is written with spaces around it."""
        return self.in_word(at) and not self.read[at].unspaced

    @cached_property
    def edges(self) -> tuple[list[int], list[int]]:
        """The letters that a word may begin with, and those that it may end with."""
        wordy = [False, *[reading.in_word for reading in self.read], False]
        loose = [False, *[reading.unspaced or reading.kind is Kind.DIGIT for reading in self.read], False]
        letters = list(enumerate(self.letters))
        starts = [n for n, at in letters if not wordy[at] or ((loose[at] or loose[at + 1]) and self.is_edge(n, -1))]
        ends = [
            n for n, at in letters if not wordy[at + 2] or ((loose[at + 1] or loose[at + 2]) and self.is_edge(n, 1))
        ]
        return starts, ends

    def is_edge(self, letter: int, side: int) -> bool:
        """Whether a word may begin (side -1) or end (side 1) at the letter."""
        at = self.letters[letter]
        beyond = at + side
        if not self.in_word(beyond) or self.read[at].unspaced or self.read[beyond].unspaced:
            return True
        if self.read[beyond].kind is Kind.DIGIT and self.read[at].kind is not Kind.DIGIT:
            return self._is_number_to_the_end(beyond, side)
        return False

    def _is_number_to_the_end(self, at: int, side: int) -> bool:
        """Whether the digits from there on are all, but for signs, that the token has."""
        while self.in_word(at) and self.read[at].kind is Kind.DIGIT:
            at += side
        while 0 <= at < len(self.read) and self.read[at].kind is Kind.SIGN:
            at += side
        return not self.in_word(at)

    def _choices(self, at: int) -> str:
        reading = self.read[at]
        if len(reading.keys) > 1 and reading.kind is Kind.DIGIT and not self._beside_letter(at):
            return reading.keys[0]
        return reading.keys

    def _beside_letter(self, at: int) -> bool:
        beside = (*self.read[max(at - 1, 0) : at], *self.read[at + 1 : at + 2])
        return any(reading.kind in (Kind.LETTER, Kind.SIGN) for reading in beside)


def is_accented(glyph: str, letter: str) -> bool:
    """Whether a language's spelling has the letter, which is drawn as the glyph and written with more than that."""
    if glyph.lower() in _ADDED:
        return True
    return glyph.isascii() and len(letter) == 1 and characters.decomposition(letter)[:1].isalnum()


def pages(name: str, scripts: Sequence[str]) -> Iterator[Page]:
    """Every page of the name: each sight of it, laid out for a reader of each script."""
    for sight in sights(name):
        for script in scripts:
            if script == "Latin" or not sight.pairs:
                yield from _laid_out(name, script, sight)


def _laid_out(name: str, script: str, sight: Sight) -> Iterator[Page]:
    """The page with all its signs for letters, and with fewer and fewer of them: each may be a separator instead."""
    reader = READERS[script]
    read = [reader(glyph) for glyph in sight.glyphs]
    letters = [at for at, reading in enumerate(read) if reading.letters]
    signs = {at for at in letters if read[at].kind is Kind.SIGN}
    if not signs:
        if letters:
            yield Page(name, script, sight.glyphs, sight.spans, read, letters, sight.pairs)
        return
    seen: list[list[int]] = []
    short = len(sight.glyphs) <= _LONG
    for drop in itertools.chain(_DROPS, _each_repeated(read, signs)) if short else _DROPS_IF_LONG:
        kept = [at for at in letters if at not in signs or not drop(read[at].own)]
        if kept and kept not in seen:
            seen.append(kept)
            yield Page(name, script, sight.glyphs, sight.spans, read, kept, sight.pairs)


def _each_repeated(read: Sequence[Reading], signs: Set[int]) -> Iterator[Callable[[str], bool]]:
    """For the signs that stand there most often, that they alone are separators."""
    counts = Counter(read[at].own for at in sorted(signs))
    if len(counts) > 1:
        yield from (sign.__eq__ for sign, times in counts.most_common(_MOST_REPEATED) if times > 1)


def _no_sign(own: str) -> bool:
    return False


def _any_sign(own: str) -> bool:
    return True


_DROPS: Sequence[Callable[[str], bool]] = (_no_sign, stands_only_inside, is_sign, _any_sign)
_DROPS_IF_LONG = (_no_sign, _any_sign)


def keys_of(readings: Sequence[Reading], most: int) -> list[str]:
    """The keys under which a word is found on a page."""
    ways = itertools.islice(itertools.product(*(reading.keys for reading in readings)), most)
    own = [reading.own_key or reading.keys[0] for reading in readings]
    return list(dict.fromkeys(_squeeze(letters).text for letters in (*ways, own)))


def plain_key(text: str) -> str:
    """The key of ASCII letters and spaces."""
    return _REPEATED.sub(r"\1", text.replace(" ", "").lower().translate(ONE_IN_A_KEY))


def _squeeze(letters: Sequence[str]) -> Key:
    text: list[str] = []
    starts: list[int] = []
    last = ""
    for at, letter in enumerate(letters):
        if letter != last:
            text.append(letter)
            starts.append(at)
            last = letter
    starts.append(len(letters))
    return Key("".join(text), starts)
