"""One signature brings so many webhooks and no more, and only those of its second suffer."""

import pytest

from adapter.errors import Rejected
from adapter.outcome import Reason
from adapter.replays import Replays
from adapter.signature import sign

APP, OTHER_APP = 1400000000, 1400000001


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def replays(clock):
    return Replays(most=3, max_age=60, clock=clock)


def use(replays, times, *, app=APP, second=1_000_000, token="t"):
    """Use a signature; return how often it was turned away."""
    turned_away = 0
    for _ in range(times):
        try:
            replays.count(app, sign(token, str(second)), str(second))
        except Rejected as error:
            turned_away += error.reason is Reason.OVERUSED_SIGNATURE
    return turned_away


def test_a_signature_is_good_for_so_many_webhooks(replays):
    assert use(replays, 3) == 0
    assert use(replays, 5) == 5


@pytest.mark.parametrize("other", [{"app": OTHER_APP}, {"second": 1_000_001}, {"token": "u"}])
def test_another_app_another_second_and_another_token_are_counted_apart(replays, other):
    assert use(replays, 4) == 1
    assert use(replays, 3, **other) == 0


def test_what_is_remembered_is_bounded_by_the_age(replays, clock):
    for second in range(1_000_000, 1_001_000):
        clock.now = second
        use(replays, 1, second=second)
    assert len(replays) == 61


def test_a_signature_of_the_future_is_remembered_until_it_is_stale(replays, clock):
    ahead = 1_000_060
    assert use(replays, 3, second=ahead) == 0
    for second in range(1_000_001, ahead + 61):
        clock.now = second
        use(replays, 1, second=second)
        assert use(replays, 1, second=ahead) == 1
