"""What one request takes, which tells how long the queue is; test_overload.py has the queue itself."""

import pytest

from adapter.threads import Pace


def test_nothing_is_expected_of_what_is_not_known():
    assert Pace().mean == 0


def test_the_first_times_count_alike():
    pace = Pace()
    for seconds in (0.1, 0.3, 0.2):
        pace.took(seconds)
    assert pace.mean == pytest.approx(0.2)


def test_what_is_new_soon_counts_for_most():
    pace = Pace(20)
    for seconds in [0.01] * 1000 + [1.0] * 60:
        pace.took(seconds)
    assert 0.9 < pace.mean < 1
