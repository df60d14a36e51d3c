"""A guarded store: bounded time, left alone after repeated trouble, tried again by itself."""

import time
from collections.abc import Callable, Iterator

import pytest
from moody_store import Moody
from processes import eventually
from prometheus_client import CollectorRegistry

from decider.limits.guard import Breaker, Guard
from decider.limits.store import Counter, Settlement, StoreError
from decider.metrics import Metrics

ONE = Counter("one", count=1, per=600)


@pytest.fixture
def store() -> Moody:
    return Moody()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def guard(store: Moody, registry: CollectorRegistry) -> Iterator[Guard]:
    guard = Guard(store, 0.05, Metrics(registry))
    yield guard
    store.door.set()
    guard.close()


def settle(guard: Guard, time_left: float | None = None) -> Settlement:
    return guard.settle([ONE], None, take=True, time_left=time_left)


def fail(guard: Guard, times: int, time_left: float | None = None) -> None:
    for _ in range(times):
        with pytest.raises(StoreError):
            settle(guard, time_left)


def test_a_store_that_is_well_answers_through_the_guard(guard: Guard) -> None:
    assert [settle(guard).usages[0].full for _ in range(2)] == [False, True]
    assert guard.reset("one") == 1


def test_a_store_that_hangs_is_given_up_after_its_time(guard: Guard, store: Moody) -> None:
    store.door.clear()
    start = time.monotonic()
    with pytest.raises(StoreError, match="no answer in time"):
        settle(guard)
    assert time.monotonic() - start < 5


def test_after_three_failures_the_store_is_left_alone(guard: Guard, store: Moody, registry: CollectorRegistry) -> None:
    store.broken = True
    fail(guard, 3)
    with pytest.raises(StoreError, match="left alone"):
        settle(guard)
    assert store.calls == 3
    assert registry.get_sample_value("decider_limits_store_left_alone") == 1
    assert registry.get_sample_value("decider_limits_store_failures_total", {"reason": "error"}) == 3
    assert registry.get_sample_value("decider_limits_store_failures_total", {"reason": "left_alone"}) == 1


def test_a_store_that_is_well_again_is_found_out_by_a_probe(
    guard: Guard, store: Moody, registry: CollectorRegistry
) -> None:
    store.broken = True
    fail(guard, 5)
    store.broken = False

    def works() -> bool:
        try:
            return bool(settle(guard))
        except StoreError:
            return False

    eventually(works, "the store, asked again")
    assert registry.get_sample_value("decider_limits_store_left_alone") == 0
    settle(guard)


def test_a_call_whose_time_is_over_is_not_made(guard: Guard, store: Moody) -> None:
    with pytest.raises(StoreError, match="no time was left"):
        settle(guard, time_left=-0.1)
    assert store.calls == 0


def test_a_caller_in_a_hurry_says_nothing_about_the_store(guard: Guard, store: Moody) -> None:
    store.door.clear()
    fail(guard, 10, time_left=0.001)
    store.door.set()
    eventually(lambda: store.calls > 0, "a call that began")
    assert settle(guard).usages


@pytest.mark.parametrize(("time_left", "share"), [(None, 0.05), (10.0, 0.05), (0.02, 0.01)])
def test_a_call_may_take_half_of_what_is_left(
    guard: Guard, store: Moody, time_left: float | None, share: float
) -> None:
    store.door.clear()
    start = time.monotonic()
    fail(guard, 1, time_left)
    assert time.monotonic() - start >= share


def breaker() -> tuple[Breaker, Callable[[float], None]]:
    now = [100.0]

    def pass_(seconds: float) -> None:
        now[0] += seconds

    return Breaker(lambda: now[0]), pass_


def test_a_breaker_lets_everything_through_until_three_failures_in_a_row() -> None:
    each, _ = breaker()
    for _ in range(2):
        each.failed()
    assert each.answered() == 2
    for _ in range(2):
        each.failed()
        assert each.lets_through()
    each.failed()
    assert not each.lets_through()


def test_an_open_breaker_lets_one_through_a_second() -> None:
    each, pass_ = breaker()
    for _ in range(3):
        each.failed()
    for _ in range(3):
        assert not each.lets_through()
        pass_(1.0)
        assert [each.lets_through() for _ in range(3)] == [True, False, False]
    each.answered()
    assert each.lets_through()


def test_after_one_failure_what_is_not_needed_waits() -> None:
    each, pass_ = breaker()
    each.failed()
    assert [each.lets_through(needed=needed) for needed in (True, False)] == [True, False]
    pass_(1.0)
    assert [each.lets_through(needed=False) for _ in range(2)] == [True, False]
    each.answered()
    assert each.lets_through(needed=False)
