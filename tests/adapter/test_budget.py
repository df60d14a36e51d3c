"""The time that a webhook may take."""

import pytest

from adapter.budget import FLOOR, Budget
from adapter.errors import Undecided


def at(now):
    return Budget(total=1.5, reserve=0.1, clock=lambda: now)


def test_the_decider_gets_what_is_left_but_the_reserve():
    assert at(10.4).for_decider(arrival=10.0, complete=10.0) == pytest.approx(1.0)


@pytest.mark.parametrize("now", [10 + 1.4 - FLOOR / 2, 11.4, 12.0, 99.0])
def test_nobody_is_asked_when_too_little_is_left(now):
    with pytest.raises(Undecided, match="overload"):
        at(now).for_decider(arrival=10.0, complete=10.0)


@pytest.mark.parametrize(
    ("complete", "cause"), [(10.0, "overload"), (10.6, "overload"), (10.8, "slow_arrival"), (11.4, "slow_arrival")]
)
def test_the_longer_wait_is_to_blame(complete, cause):
    with pytest.raises(Undecided, match=cause):
        at(11.4).for_decider(arrival=10.0, complete=complete)


def test_what_is_overdue_has_nothing_left():
    assert at(11.3).left(arrival=10.0) == pytest.approx(0.1)
    assert at(11.5).left(arrival=10.0) == pytest.approx(-0.1)
