"""The corpus of names: how many disguised words are found, by kind, and every innocent name that is not left alone.

python tests/names/report.py [--seed N] [--rounds N] [--pairs] [--misses]
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from disguises import Kind, alone, disguise, pairs
from words import CARRIERS, CHINESE, CYRILLIC, EVERY, LATIN

from decider.policy.words import WordIndex, Words

WORDS = {"Latin": LATIN, "Cyrillic": CYRILLIC, "Han": CHINESE}


@dataclass(frozen=True, slots=True)
class Case:
    """A word in disguise within a name."""

    kinds: Sequence[Kind]
    word: str
    name: str

    @property
    def label(self) -> str:
        """The kinds, as the report names them."""
        return " + ".join(kind.name for kind in self.kinds)


@dataclass(slots=True)
class Tally:
    """Cases tried and missed, by kind."""

    tried: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    misses: list[Case] = field(default_factory=list)

    def rate(self, label: str = "") -> float:
        """The share of the cases found, of one kind or of all."""
        tried = self.tried[label] if label else self.tried.total()
        missed = self.missed[label] if label else self.missed.total()
        return 1 - missed / tried if tried else 1.0


def single_cases(seed: int, rounds: int) -> Iterator[Case]:
    """Every kind on every word, several times."""
    rnd = random.Random(seed)
    for script, words in WORDS.items():
        for kind in alone(script):
            for word in words * rounds:
                yield _case((kind,), word, script, rnd)


def pair_cases(seed: int, rounds: int) -> Iterator[Case]:
    """Every two kinds that combine, on some words each."""
    rnd = random.Random(seed)
    for script, words in WORDS.items():
        for both in pairs(script):
            for word in rnd.sample(words, rounds):
                yield _case(both, word, script, rnd)


def _case(kinds: Sequence[Kind], word: str, script: str, rnd: random.Random) -> Case:
    return Case(kinds, word, rnd.choice(CARRIERS[script]).format(disguise(word, kinds, rnd)))


def tally(cases: Iterator[Case]) -> Tally:
    """Look for each word, as an entry of a list in `word` mode."""
    index = WordIndex([Words("words", "word", [*LATIN, *CYRILLIC, *CHINESE])])
    result = Tally()
    for case in cases:
        result.tried[case.label] += 1
        if not any(match.entry == case.word for match in index.find(case.name)):
            result.missed[case.label] += 1
            result.misses.append(case)
    return result


def innocents() -> list[tuple[str, str]]:
    """Each innocent name with its language."""
    names, language = list[tuple[str, str]](), ""
    for line in (Path(__file__).parent / "innocent.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            language = line[2:]
        elif line:
            names.append((language, line))
    return names


def false_alarms() -> list[tuple[str, str, str, str]]:
    """Language, name, entry, and what of the name was taken for it."""
    index = WordIndex([Words("words", "word", EVERY)])
    return [
        (language, name, match.entry, name[match.start : match.end])
        for language, name in innocents()
        for match in index.find(name)
    ]


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pairs", action="store_true", help="combinations by pair, not only in sum")
    parser.add_argument("--misses", action="store_true", help="every word that was not found")
    options = parser.parse_args()
    single, both = tally(single_cases(options.seed, options.rounds)), tally(pair_cases(options.seed, options.rounds))
    _print("one disguise", single, rows=True)
    _print("two combined", both, rows=options.pairs)
    if options.misses:
        for case in (*single.misses, *both.misses):
            print(f"missed {case.word}: {case.name}  {case.name!a}  [{case.label}]")
    alarms, names = false_alarms(), innocents()
    languages = {language for language, _ in names} - {"Mixed"}
    print(f"\n{len(names)} innocent names in {len(languages)} languages,", end=" ")
    print(f"{len(EVERY)} words, {len({alarm[1] for alarm in alarms})} false alarms")
    for language, name, entry, found in alarms:
        print(f"  {language}: {name!r} holds {entry!r} in {found!r}")


def _print(title: str, result: Tally, rows: bool) -> None:
    print(f"\n{title}: {result.rate():.2%} of {result.tried.total()}")
    for label in sorted(result.tried, key=result.rate) if rows else ():
        print(f"  {result.rate(label):7.1%}  {result.tried[label]:5}  {label}")


if __name__ == "__main__":
    main()
