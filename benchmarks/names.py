"""What looking for words in a name costs: by name, by size of the lists, and to build an index.

python benchmarks/names.py
"""

import itertools
import random
import sys
import threading
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "tests" / "names")]

from report import innocents, single_cases  # noqa: E402

from decider.policy.words import WordIndex, Words  # noqa: E402

ROUNDS = 20
# Names of 1,000 characters made to be slow.
SLOW = (
    *("il1|!I" * 160, "a" * 1000, "1" * 1000, "c a s i n " * 100, "ν6и9" * 250, "cụm rạp " * 125, "⒧⒪⒧" * 333),
    *("⒜⒧⒤" * 333, "\u2067" * 125 + "a1!" * 290, "c" + "\u0301" * 900 + "asino", "соп " * 250, "\ufdfa" * 1000),
    "".join(chr(0xA1 + at * 7919 % 431) for at in range(1000)),
    *("a11 " * 250, "111 b " * 166, "g#n! c#m! s0$s l0|l " * 50, "\u200f" + "\u2066s0\u2069" * 249, "vvrn " * 200),
    ("\u200f\u2066ɐ🇨ß\u2800⒜1️⃣\U000e0041rn$!s0\u2069" * 63)[:1000],
    "\u202e" * 120 + "s0$ a11 " * 110,
    *("🇸🇪" * 500, "赌①场" * 333),
)


def invented_words(count: int) -> list[str]:
    """Words that look like those of the innocent names, each letter following as it does there, but are not in them."""
    taken = {word for _, name in innocents() for word in name.lower().split()}
    follows: dict[str, list[str]] = defaultdict(list)
    for language, name in innocents():
        for word in name.lower().split() if language == "English" else ():
            if word.isalpha():
                for pair in zip(f"^{word}", f"{word}$", strict=True):
                    follows[pair[0]].append(pair[1])
    rnd, words = random.Random(5), dict[str, None]()
    while len(words) < count:
        word = "^"
        while not word.endswith("$"):
            word += rnd.choice(follows[word[-1]])
        if 5 <= len(word) - 2 <= 14 and word[1:-1] not in taken:
            words[word[1:-1]] = None
    return list(words)


def measure(index: WordIndex, names: Sequence[str]) -> tuple[float, float]:
    """Median and 99th percentile of one name, in µs."""
    for name in names:
        index.find(name)
    times = []
    for name in list(names) * ROUNDS:
        start = time.perf_counter()
        index.find(name)
        times.append(time.perf_counter() - start)
    times.sort()
    return times[len(times) // 2] * 1e6, times[int(len(times) * 0.99)] * 1e6


def longest_stall(words: Sequence[str]) -> tuple[float, float]:
    """How long it takes to build an index, and the longest time that another thread stood still meanwhile."""
    ticks: list[float] = []
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.perf_counter()
    WordIndex([Words("words", "word", words)])
    took = time.perf_counter() - start
    done.set()
    thread.join()
    return took, max((b - a for a, b in itertools.pairwise(ticks)), default=0.0)


def main() -> None:
    """Print the figures."""
    words = invented_words(100_000)
    ordinary = [name for _, name in innocents()]
    latin = [name for name in ordinary if name.isascii()]
    disguised = random.Random(2).sample([case.name for case in single_cases(3, 1)], 300)
    medians: dict[str, list[float]] = defaultdict(list)
    for count in (1_000, 10_000, 100_000):
        index = WordIndex([Words("words", "word", words[:count])])
        for label, names in (("English", latin), ("all languages", ordinary), ("disguised", disguised)):
            median, high = measure(index, names)
            medians[label].append(median)
            print(f"{count:7,} words  {label:14} median {median:6.1f} µs   p99 {high:6.1f} µs")
    for label, (small, *_, large) in medians.items():
        print(f"1,000 -> 100,000 words, {label}: median x {large / small:.2f}")
    own = ["illillilli", "aaab", "casino", "ali", "al", "cum", "con", "gun", "sos", "lol", "赌场"]
    index = WordIndex([Words("a", "anywhere", own), Words("b", "word", own)])
    slowest = max(SLOW, key=lambda name: measure(index, [name])[0])
    median, _ = measure(index, [slowest])
    print(f"the slowest of {len(SLOW)} names made to be slow: {median / 1000:.0f} ms, {slowest[:12]!a}")
    took, stall = longest_stall(words)
    print(f"index of 100,000 words: {took:.2f} s to build, another thread stalled {stall * 1000:.0f} ms at most")
    tracemalloc.start()
    kept = WordIndex([Words("words", "word", words)])
    print(f"memory of Python objects: {tracemalloc.get_traced_memory()[0] / 1e6:.0f} MB")
    del kept


if __name__ == "__main__":
    main()
