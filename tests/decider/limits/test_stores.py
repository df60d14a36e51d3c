"""What every store promises: the same tests for each of them, the servers being real ones."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from processes import eventually

from decider.limits.store import Counter, Receipt, Settlement, Store

Key = Callable[[str], str]


def settle(
    store: Store, *counters: Counter, receipt: Receipt | None = None, take: bool = True, within: float = 30
) -> Settlement:
    return store.settle(counters, receipt, take=take, deadline=time.monotonic() + within)


def used(store: Store, *counters: Counter) -> list[int]:
    return [usage.used for usage in settle(store, *counters, take=False).usages]


def test_no_more_than_the_count_are_admitted(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=3, per=600)
    settled = [settle(store, counter).usages[0] for _ in range(5)]
    assert [(usage.used, usage.full) for usage in settled] == [
        (1, False),
        (2, False),
        (3, False),
        (3, True),
        (3, True),
    ]


def test_looking_counts_nothing(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=3, per=600)
    assert settle(store, counter, take=False).usages[0].frees_in is None
    settle(store, counter)
    assert used(store, counter) == used(store, counter) == [1]


def test_either_all_binding_counters_are_counted_or_none(store: Store, key: Key) -> None:
    few, many = Counter(key("few"), count=1, per=600), Counter(key("many"), count=5, per=600)
    settle(store, few, many)
    settled = settle(store, few, many)
    assert [usage.full for usage in settled.usages] == [True, False]
    assert used(store, few, many) == [1, 1]


def test_a_counter_that_is_not_binding_keeps_nobody_out_and_counts_where_it_has_room(store: Store, key: Key) -> None:
    watched, binding = Counter(key("w"), count=1, per=600, binding=False), Counter(key("b"), count=3, per=600)
    full = [[usage.full for usage in settle(store, watched, binding).usages] for _ in range(4)]
    assert full == [[False, False], [True, False], [True, False], [True, True]]
    assert used(store, watched, binding) == [1, 3]


def test_a_counter_that_is_not_binding_counts_nobody_who_is_not_admitted(store: Store, key: Key) -> None:
    watched, binding = Counter(key("w"), count=9, per=600, binding=False), Counter(key("b"), count=1, per=600)
    for _ in range(3):
        settle(store, watched, binding)
    assert used(store, watched) == [1]


def test_keys_are_counted_apart(store: Store, key: Key) -> None:
    for name in ("a", "b", "c"):
        assert settle(store, Counter(key(name), count=1, per=600)).usages[0].used == 1


def test_one_leaves_the_window_when_it_is_as_old_as_the_window_is_long(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=1, per=1)
    start = time.monotonic()
    assert not settle(store, counter).usages[0].full
    assert settle(store, counter).usages[0].full
    eventually(lambda: not settle(store, counter).usages[0].full, "room in the next window")
    assert time.monotonic() - start >= 1


def test_it_is_told_when_the_next_one_is_free(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=2, per=600)
    for _ in range(3):
        frees_in = settle(store, counter).usages[0].frees_in
        assert frees_in is not None
        assert 570 < frees_in <= 600


def test_a_limit_made_smaller_is_full_until_enough_have_left(store: Store, key: Key) -> None:
    for _ in range(3):
        settle(store, Counter(key("a"), count=5, per=600))
    usage = settle(store, Counter(key("a"), count=2, per=600)).usages[0]
    assert (usage.used, usage.full) == (3, True)


def test_a_window_made_shorter_counts_the_young_ones_alone(store: Store, key: Key) -> None:
    settle(store, Counter(key("a"), count=5, per=600))
    eventually(lambda: used(store, Counter(key("a"), count=5, per=1)) == [0], "an admission older than a second")
    assert used(store, Counter(key("a"), count=5, per=600)) == [1]


def test_a_shorter_window_in_between_forgets_nothing_of_the_longer(store: Store, key: Key) -> None:
    long, short = Counter(key("a"), count=5, per=600), Counter(key("a"), count=5, per=1)
    for _ in range(4):
        settle(store, long)
    eventually(lambda: used(store, short) == [0], "admissions older than a second")
    settle(store, short)
    assert used(store, long) == [5]
    assert settle(store, long).usages[0].full


def test_what_is_recorded_is_given_again_with_the_usage_of_then(store: Store, key: Key) -> None:
    counter, receipt = Counter(key("a"), count=1, per=600), Receipt(key("r"), b"\x00first\xff")
    first = settle(store, counter, receipt=receipt)
    assert first.recorded is None
    again = settle(store, counter, receipt=Receipt(key("r"), b"second"))
    assert again.recorded == b"\x00first\xff"
    assert [(usage.used, usage.full) for usage in again.usages] == [(1, False)]
    assert used(store, counter) == [1]


def test_a_refusal_is_recorded_too(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=1, per=1)
    settle(store, counter)
    assert settle(store, counter, receipt=Receipt(key("r"), b"refused")).usages[0].full
    eventually(lambda: used(store, counter) == [0], "room in the next window")
    assert settle(store, counter, receipt=Receipt(key("r"), b"anew")).usages[0].full
    assert used(store, counter) == [0]


def test_looking_for_a_receipt_records_none(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=3, per=600)
    for _ in range(2):
        assert settle(store, counter, receipt=Receipt(key("r"))).recorded is None
    assert used(store, counter) == [2]


def test_a_receipt_needs_no_counter(store: Store, key: Key) -> None:
    assert settle(store, receipt=Receipt(key("r"), b"first"), take=False).recorded is None
    assert settle(store, receipt=Receipt(key("r"), b"second"), take=False).recorded == b"first"


def test_a_counter_can_be_forgotten(store: Store, key: Key) -> None:
    counter = Counter(key("a"), count=3, per=600)
    for _ in range(3):
        settle(store, counter)
    assert store.reset(counter.key, time.monotonic() + 30) == 3
    assert store.reset(counter.key, time.monotonic() + 30) == 0
    assert used(store, counter) == [0]


@pytest.mark.parametrize("count", [1, 7])
def test_many_at_once_get_exactly_the_count(store: Store, key: Key, count: int) -> None:
    counters = [Counter(key(name), count, per=600) for name in ("a", "b")]
    with ThreadPoolExecutor(16) as pool:
        settled = list(pool.map(lambda _: settle(store, *counters), range(100)))
    assert sum(not any(usage.full for usage in each.usages) for each in settled) == count
    assert used(store, *counters) == [count, count]
