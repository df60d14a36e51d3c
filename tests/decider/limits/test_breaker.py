"""When a store is let alone, when it is tried again, and when it is told of."""

from collections.abc import Callable

import pytest

from decider.limits.breaker import Breaker

Passing = tuple[Breaker, Callable[[float], None]]


@pytest.fixture
def passing() -> Passing:
    now = [100.0]

    def pass_(seconds: float) -> None:
        now[0] += seconds

    return Breaker(lambda: now[0]), pass_


def test_everything_is_let_through_until_three_failures_in_a_row(passing: Passing) -> None:
    each, _ = passing
    for _ in range(2):
        each.failed()
    each.answered()
    for _ in range(2):
        each.failed()
        assert each.lets_through()
    each.failed()
    assert not each.lets_through()


def test_then_one_is_let_through_a_second(passing: Passing) -> None:
    each, pass_ = passing
    for _ in range(3):
        each.failed()
    for _ in range(3):
        assert not each.lets_through()
        pass_(1.0)
        assert [each.lets_through() for _ in range(3)] == [True, False, False]
    each.answered()
    assert each.lets_through()


def test_after_one_failure_what_is_not_needed_waits(passing: Passing) -> None:
    each, pass_ = passing
    each.failed()
    assert [each.lets_through(needed=needed) for needed in (True, False)] == [True, False]
    pass_(1.0)
    assert [each.lets_through(needed=False) for _ in range(2)] == [True, False]
    each.answered()
    assert each.lets_through(needed=False)


def test_doubtful_failures_count_once_there_was_no_answer_for_a_second(passing: Passing) -> None:
    each, pass_ = passing
    for _ in range(10):
        each.failed(surely=False)
    assert not each.is_open
    pass_(1.0)
    for _ in range(3):
        each.failed(surely=False)
    assert each.is_open


def test_an_answer_in_between_makes_doubtful_failures_doubtful_again(passing: Passing) -> None:
    each, pass_ = passing
    each.failed(surely=False)
    pass_(5.0)
    each.answered()
    for _ in range(10):
        each.failed(surely=False)
    assert not each.is_open


def test_the_begin_is_told_at_once_and_the_end_wherever_the_begin_was(passing: Passing) -> None:
    each, pass_ = passing
    assert not each.answered()
    for _ in range(3):
        assert each.failed()
        assert not each.failed()
        assert each.answered()
        assert not each.answered()
        pass_(1.0)


def test_trouble_that_goes_on_is_told_every_ten_seconds(passing: Passing) -> None:
    each, pass_ = passing
    told = []
    for _ in range(21):
        told.append(each.failed())
        pass_(1.0)
    assert [second for second, tells in enumerate(told) if tells] == [0, 10, 20]


def test_trouble_that_comes_and_goes_is_told_once_a_second_both_ends_or_none(passing: Passing) -> None:
    each, pass_ = passing
    lines = []
    for _ in range(50):
        lines += [each.failed(), each.answered()]
        pass_(0.1)
    begins, ends = lines[0::2], lines[1::2]
    assert begins == ends
    assert 4 <= sum(begins) <= 6
