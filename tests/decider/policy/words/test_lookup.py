"""The look-up of keys in a line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from decider.policy.words import WordIndex, Words
from decider.policy.words.lookup import Lookup
from decider.policy.words.page import pages

KEYS = ["ab", "ba", "abab", "赌场", "a", "cab"]


ANYWHERE = [False, True, False, False, False, True]


@settings(deadline=None)
@given(st.text("abc 赌场.", min_size=1, max_size=40))
def test_a_key_is_found_wherever_it_may_stand_and_nowhere_else(name: str) -> None:
    lookup = Lookup(KEYS, ANYWHERE)
    for page in pages(name, ["Latin"]):
        for line in page.lines():
            starts, ends = (
                {
                    run
                    for run, (a, b) in enumerate(zip(line.starts, line.starts[1:], strict=False))
                    if {*range(a, b)} & edges
                }
                for edges in map(set, page.edges)
            )
            expected = {
                (number, start, start + len(key))
                for number, key in enumerate(KEYS)
                for start in range(len(line.text))
                if line.text.startswith(key, start)
                and (ANYWHERE[number] or (start in starts and start + len(key) - 1 in ends))
            }
            assert set(lookup.find(page, line)) == expected


def test_keys_beyond_the_first_automaton_are_found() -> None:
    words = [
        f"{'bcdfghkm'[n % 8]}{'aeou'[n // 8 % 4]}{n:05}".translate(str.maketrans("0123456789", "rstvwxyzpq"))
        for n in range(40_000)
    ]
    index = WordIndex([Words("a", "anywhere", words)])
    for word in (words[0], words[-1]):
        assert word in {hit.entry for hit in index.find(f"x{word}x")}
        assert word in {hit.entry for hit in index.find(" ".join(word))}
