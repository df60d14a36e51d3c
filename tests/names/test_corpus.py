"""The corpus of names holds its floor."""

import pytest
from disguises import KINDS, look_alikes
from report import WORDS, Tally, false_alarms, innocents, pair_cases, single_cases, tally
from words import CYRILLIC, LATIN

from decider.policy.words import WordIndex, Words

OF_ALL, OF_A_KIND = 0.99, 0.97
SEED = 20
# What stays below, and why: docs/names.md.
STATED = {"upside down": 0.95, "leet digits": 0.96}


@pytest.fixture(scope="module")
def single() -> Tally:
    return tally(single_cases(SEED, rounds=1))


def test_the_corpus_is_as_broad_as_promised() -> None:
    assert len(KINDS) >= 40
    assert all(len(words) >= 20 for words in WORDS.values())
    assert len(innocents()) >= 300
    assert len({language for language, _ in innocents()}) >= 15


def test_disguised_words_are_found(single: Tally) -> None:
    assert single.rate() >= OF_ALL


@pytest.mark.parametrize("kind", sorted({kind.name for kind in KINDS}))
def test_every_kind_of_disguise_is_seen_through(single: Tally, kind: str) -> None:
    assert single.rate(kind) >= STATED.get(kind, OF_A_KIND)


def test_two_disguises_at_once_are_seen_through() -> None:
    assert tally(pair_cases(SEED, rounds=1)).rate() >= OF_ALL


def test_no_innocent_name_is_taken_for_another() -> None:
    assert false_alarms() == []


@pytest.mark.parametrize(("script", "words"), [("Latin", LATIN), ("Cyrillic", CYRILLIC)])
def test_each_look_alike_in_unicodes_table_is_seen_through(script: str, words: tuple[str, ...]) -> None:
    index = WordIndex([Words("words", "word", words)])
    holder = {letter: word for word in words for letter in word}
    missed = [
        (holder[letter], twin)
        for letter, twins in look_alikes(script).items()
        for twin in twins
        if letter in holder
        and holder[letter] not in {hit.entry for hit in index.find(holder[letter].replace(letter, twin, 1))}
    ]
    assert missed == []
