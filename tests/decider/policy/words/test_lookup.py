"""The look-up of keys in a line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from decider.policy.words import WordIndex, Words
from decider.policy.words.lookup import Lookup
from decider.policy.words.page import pages

KEYS = ["ab", "ba", "abab", "赌场", "a", "cab"]


@settings(deadline=None)
@given(st.text("abc 赌场.", min_size=1, max_size=40))
def test_short_and_long_lines_are_searched_alike(name: str) -> None:
    lookup = Lookup(KEYS, [False, True, False, False, False, True])
    for page in pages(name, ["Latin"]):
        for line in page.lines():
            starts, ends = (
                {
                    run
                    for run, (a, b) in enumerate(zip(line.starts, line.starts[1:], strict=False))
                    if {*range(a, b)} & edges
                }
                for edges in map(set, page.edges())
            )
            everywhere = set(lookup._pass(line, frozenset(starts), frozenset(end + 1 for end in ends)))
            assert set(lookup.find(page, line)) == everywhere


def test_keys_beyond_the_first_automaton_are_found() -> None:
    words = [
        f"{'bcdfghkm'[n % 8]}{'aeou'[n // 8 % 4]}{n:05}".translate(str.maketrans("0123456789", "rstvwxyzpq"))
        for n in range(40_000)
    ]
    index = WordIndex([Words("a", "anywhere", words)])
    for word in (words[0], words[-1]):
        assert word in {hit.entry for hit in index.find(f"x{word}x")}
        assert word in {hit.entry for hit in index.find(" ".join(word))}
