"""Threads come when work waits, and go when none has come for a while."""

import threading
from collections.abc import Iterator

import pytest
from processes import TIMEOUT, eventually

from decider.threads import Threads

NAME = "test-threads"


@pytest.fixture
def over() -> Iterator[threading.Event]:
    over = threading.Event()
    yield over
    over.set()


def running() -> int:
    return sum(thread.name == NAME for thread in threading.enumerate())


def none_is_left() -> None:
    eventually(lambda: running() == 0, "the end of the threads")


def test_what_is_submitted_is_carried_out_and_its_result_or_error_told() -> None:
    threads = Threads(NAME, most=2, idle=0.01)
    assert threads.submit(divmod, 7, 2).result(TIMEOUT) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 7, 0).result(TIMEOUT)
    none_is_left()


def test_no_more_threads_run_than_allowed_and_the_rest_waits(over: threading.Event) -> None:
    threads = Threads(NAME, most=3, idle=0.01)
    futures = [threads.submit(over.wait, TIMEOUT) for _ in range(20)]
    assert running() == 3
    over.set()
    assert [future.result(TIMEOUT) for future in futures] == [True] * 20
    none_is_left()


def test_a_free_thread_is_used_before_another_is_started() -> None:
    threads = Threads("test-threads-kept", most=3, idle=TIMEOUT)
    first = threads.submit(threading.get_ident)
    names = {first.result(TIMEOUT)}
    for _ in range(20):
        eventually(lambda: threads.calls == 0, "the thread to be free")
        names.add(threads.submit(threading.get_ident).result(TIMEOUT))
    assert len(names) == 1


def test_work_is_never_left_lying_while_threads_come_and_go() -> None:
    threads = Threads(NAME, most=4, idle=0.0001)
    for _ in range(300):
        futures = [threads.submit(int, number) for number in range(5)]
        assert [future.result(TIMEOUT) for future in futures] == [0, 1, 2, 3, 4]
    none_is_left()


def test_what_was_cancelled_while_it_waited_is_not_carried_out(over: threading.Event) -> None:
    threads = Threads(NAME, most=1, idle=0.01)
    threads.submit(over.wait, TIMEOUT)
    done: list[int] = []
    waiting = threads.submit(done.append, 1)
    assert waiting.cancel()
    over.set()
    none_is_left()
    assert done == []
