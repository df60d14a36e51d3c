"""The writing of a name: its length as a reader counts it, and its scripts."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import disarm

from decider.policy.names import characters

# Writing systems that put no space between words. Among the first Latin letters and words stand by custom (K歌, K팝):
# the "highly restrictive" level of UTS #39.
_EAST_ASIAN = frozenset(["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"])
UNSPACED = frozenset(
    [
        *("Thai", "Lao", "Khmer", "Myanmar", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Tibetan"),
        *("Javanese", "Balinese"),
    ]
)
# Those that write prefixes and endings on Latin words without a space, and have no letters that look Latin.
_JOINED_TO_LATIN = frozenset(
    [
        *("Hebrew", "Arabic", "Syriac", "Thaana", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil"),
        *("Telugu", "Kannada", "Malayalam", "Sinhala", "Ethiopic", "Mongolian"),
    ]
)
_BY_THEMSELVES = frozenset(["Latin", "Greek"])  # their letters stand alone in others' text: A型, α波
_UNITS = frozenset(
    [
        *(f"{prefix}{sign}" for prefix in "mkMG" for sign in "\u03a9\u2126"),
        *(f"\u03bc{unit}" for unit in ("m", "s", "g", "l", "L", "A", "F", "H", "V", "W", "Pa", "Sv", "mol")),
    ]
)


def length(text: str) -> int:
    """How many characters a reader counts: grapheme clusters."""
    return disarm.grapheme_len(text)


def scripts(text: str) -> list[str]:
    """The Unicode scripts of the text's characters, in order of first appearance, as Unicode names them."""
    if text.isascii():
        return ["Latin"] if any(map(str.isalpha, text)) else []
    found = dict.fromkeys(characters.script(char) for char in dict.fromkeys(text) if not _is_format(char))
    return [script for script in found if script]


def mixes_scripts(text: str) -> bool:
    """Whether letters with nothing between them mix writing systems that are not written in one word by custom."""
    return len(scripts(text)) > 1 and any(_is_mixed(word) for word in _words(text))


@dataclass(slots=True)
class _Run:
    """Letters in a row of one writing system, and how many."""

    script: str
    letters: int = 0


def _words(text: str) -> Iterator[str]:
    """The runs of letters and their marks; formats, which nobody sees, part nothing."""
    word: list[str] = []
    for char in (*text, " "):
        category = characters.category(char)
        if category[0] in "LM" or category == "Nl":
            word.append(char)
        elif word and not _is_format(char):
            yield "".join(word)
            word = []


def _is_mixed(word: str) -> bool:
    runs = _runs(word)
    if len(runs) < 2 or word in _UNITS:
        return False
    if not all(_may_adjoin(*pair) and _may_adjoin(*pair[::-1]) for pair in itertools.pairwise(runs)):
        return True
    return any(_interleaves(*three) for three in zip(runs, runs[1:], runs[2:], strict=False))


def _runs(word: str) -> Sequence[_Run]:
    runs: list[_Run] = []
    for char in word:
        script = characters.script(char)
        script = "Han" if script in _EAST_ASIAN else script
        if script and (not runs or runs[-1].script != script):
            runs.append(_Run(script))
        if runs and characters.category(char)[0] != "M":
            runs[-1].letters += 1
    return runs


def _may_adjoin(run: _Run, other: _Run) -> bool:
    """Whether the one may stand right beside the other, as a word of its own or as a Latin one in its script."""
    if not run.letters:  # a mark of one script on a letter of another
        return False
    if _parts(other):
        return _parts(run) or run.letters > 1 or run.script in _BY_THEMSELVES
    both = {run.script, other.script}
    return _parts(run) or ("Latin" in both and not both.isdisjoint(_JOINED_TO_LATIN))


def _is_format(char: str) -> bool:
    """Whether it is no letter, though Unicode may give it to a script, such as U+061C."""
    return characters.category(char) == "Cf"


def _parts(run: _Run) -> bool:
    """Whether it is of a script in which every run of letters of another is a word of its own."""
    return run.script == "Han" or run.script in UNSPACED


def _interleaves(before: _Run, run: _Run, after: _Run) -> bool:
    """Whether a letter stands alone between two of another script, where none does by custom."""
    if before.script != after.script or run.letters > 1 or run.script in _BY_THEMSELVES:
        return False
    return not (run.script == "Han" and (before.script == "Latin" or _parts(before)))
