"""Log lines of one sort, so many in a second."""

from adapter.quota import Quota


def test_lines_over_the_most_are_left_out_until_the_next_second():
    now = [10.0]
    quota = Quota(2, lambda: now[0])
    assert [quota.take("a") for _ in range(4)] == [0, 0, None, None]
    now[0] = 10.9
    assert quota.take("a") is None
    now[0] = 11.0
    assert [quota.take("a") for _ in range(3)] == [3, 0, None]


def test_sorts_are_counted_apart():
    quota = Quota(1, lambda: 0.0)
    assert [quota.take(sort) for sort in "aabb"] == [0, None, 0, None]
