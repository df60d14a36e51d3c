"""What the store in a file promises besides: it lasts, and the time of day does it no harm."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moving_time import MovingTime

from decider.limits.boottime import machine_clock
from decider.limits.sqlite import SqliteStore
from decider.limits.store import Counter, Receipt, StoreError
from decider.policy.limit import Usage

ONE = Counter("one", count=1, per=60)


@pytest.fixture
def moving() -> MovingTime:
    return MovingTime()


@pytest.fixture
def open_(tmp_path: Path, moving: MovingTime) -> Iterator[Callable[[], SqliteStore]]:
    opened: list[SqliteStore] = []

    def one() -> SqliteStore:
        opened.append(SqliteStore(tmp_path / "limits.db", moving.clock()))
        return opened[-1]

    yield one
    for store in opened:
        store.close()


def take(store: SqliteStore, counter: Counter = ONE, receipt: Receipt | None = None, within: float = 30) -> Usage:
    return store.settle([counter], receipt, take=True, deadline=time.monotonic() + within).usages[0]


def rows(path: Path, table: str) -> int:
    with sqlite3.connect(path) as db:
        count: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    db.close()
    return count


def test_what_was_admitted_is_there_after_a_restart(open_: Callable[[], SqliteStore]) -> None:
    first = open_()
    assert not take(first).full
    first.close()
    assert take(open_()).full


def test_two_that_have_the_same_file_count_together(open_: Callable[[], SqliteStore]) -> None:
    first, second = open_(), open_()
    assert not take(first).full
    assert take(second).full


@pytest.mark.parametrize("seconds", [-100_000, 100_000])
def test_setting_the_time_of_day_changes_no_window(
    open_: Callable[[], SqliteStore], moving: MovingTime, seconds: int
) -> None:
    store = open_()
    take(store)
    moving.of_day += seconds
    moving.pass_(59.9)
    assert take(store).full
    assert take(open_()).full
    moving.pass_(0.2)
    assert not take(store).full


def test_a_machine_that_starts_with_a_clock_that_is_behind_admits_no_more(
    open_: Callable[[], SqliteStore], moving: MovingTime
) -> None:
    take(open_())
    moving.restart()
    moving.of_day -= 1_000_000
    store = open_()
    assert take(store).full
    moving.pass_(60)
    assert not take(store).full


def test_time_off_counts_where_the_clock_is_right(open_: Callable[[], SqliteStore], moving: MovingTime) -> None:
    take(open_())
    moving.restart()
    moving.of_day += 61
    assert not take(open_()).full


def test_a_file_that_somebody_moves_away_is_made_anew(open_: Callable[[], SqliteStore], tmp_path: Path) -> None:
    store = open_()
    take(store)
    (tmp_path / "limits.db").rename(tmp_path / "elsewhere.db")
    assert not take(store).full
    assert rows(tmp_path / "limits.db", "admission") == 1


def test_what_has_expired_is_removed_as_time_goes_on(
    open_: Callable[[], SqliteStore], moving: MovingTime, tmp_path: Path
) -> None:
    store = open_()
    for number in range(100):
        take(store, Counter(f"key {number}", count=1, per=60), Receipt(f"receipt {number}", b"content"))
    assert (rows(tmp_path / "limits.db", "admission"), rows(tmp_path / "limits.db", "receipt")) == (100, 100)
    moving.pass_(601)
    for _ in range(5):
        take(store)
    assert (rows(tmp_path / "limits.db", "admission"), rows(tmp_path / "limits.db", "receipt")) == (1, 0)


def test_a_receipt_lasts_ten_minutes(open_: Callable[[], SqliteStore], moving: MovingTime) -> None:
    store, receipt = open_(), Receipt("r", b"content")
    for seconds, recorded in ((0, None), (599, b"content"), (2, None)):
        moving.pass_(seconds)
        assert store.settle([], receipt, take=False, deadline=time.monotonic() + 30).recorded == recorded


def test_a_database_that_others_hold_is_given_up_in_time(open_: Callable[[], SqliteStore], tmp_path: Path) -> None:
    store = open_()
    take(store)
    other = sqlite3.connect(tmp_path / "limits.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    with pytest.raises(StoreError, match="others hold the database locked"):
        take(store, within=0.1)
    assert time.monotonic() - start < 10
    other.execute("ROLLBACK")
    other.close()
    assert take(store).full


def test_nothing_is_counted_after_the_deadline(open_: Callable[[], SqliteStore]) -> None:
    store = open_()
    with pytest.raises(StoreError):
        take(store, within=-1)
    assert not take(store).full


@pytest.mark.parametrize("content", [b"this is no database, and it is longer than a header of one hundred bytes" * 2])
def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(
    open_: Callable[[], SqliteStore], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "limits.db").write_bytes(content)
    with pytest.raises(StoreError, match="not a database"):
        take(open_())
    assert (tmp_path / "limits.db").read_bytes() == content


def test_a_folder_that_is_gone_is_an_error_until_it_is_back(tmp_path: Path, moving: MovingTime) -> None:
    store = SqliteStore(tmp_path / "folder" / "limits.db", moving.clock())
    with pytest.raises(StoreError, match="no such file or directory"):
        take(store)
    (tmp_path / "folder").mkdir()
    assert not take(store).full
    store.close()


def test_the_machines_own_clock_goes_on_and_is_near_the_time_of_day(tmp_path: Path) -> None:
    clock = machine_clock()
    first = clock.microseconds()
    assert clock.microseconds() >= first
    assert abs(clock.offset(0) + clock.microseconds() - time.time() * 1e6) < 5e6
