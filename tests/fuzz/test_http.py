"""Everything that can be sent to the adapter's port."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import bodies
import pytest
from conftest import ONE_NAME, Pair, grown
from exchange import HANG, Heard, talk
from processes import eventually
from reading import may_get_0, read_requests
from runs import ONLY, repeatable, share, source
from shapes import LAST, Draft, case

_CALLERS = 8


def test_whatever_is_sent_is_answered_in_time_and_allows_nothing_that_the_policy_refuses(
    start_pair: Callable[[str], Pair], capsys: pytest.CaptureFixture[str]
) -> None:
    pair = start_pair(ONE_NAME)
    numbers = share(0.35)
    warm = len(numbers) * 2 // 5  # for what is only taken once: buffers, caches
    codes = _run(pair, numbers[:warm])
    before = pair.holdings()
    codes += _run(pair, numbers[warm:])
    assert _still_right(pair)
    eventually(lambda: not grown(pair, before), f"it holds what it held: {before}, then {pair.holdings()}")
    assert "raceback" not in pair.adapter.output + pair.decider.output
    assert "bug" not in pair.adapter.output
    if not ONLY:
        assert {0, 1, 404, 405} <= set(codes)
    with capsys.disabled():
        print(
            f"\n{len(numbers)} cases, {len(codes)} answers, {codes.count(0)} allowed; {before} then {pair.holdings()}"
        )


def _run(pair: Pair, numbers: range) -> list[int]:
    with ThreadPoolExecutor(_CALLERS) as pool:
        return [code for codes in pool.map(lambda number: _try(pair, number), numbers) for code in codes]


def _try(pair: Pair, number: int) -> list[int]:
    sent = case(source("http", number))
    with repeatable("http", number):
        return _check(talk(pair.port, sent.pieces, LAST, sent.pause))


def _check(heard: Heard) -> list[int]:
    assert heard.closed is not None, f"not closed after {HANG} s, heard {heard.answers}: {heard.sent[:500]!r}"
    requests = read_requests(heard.sent)
    allowed = [may_get_0(request) for request in requests]
    for number, answer in enumerate(heard.answers):
        if answer.code == 0:
            assert number < len(allowed), f"0 for what is no request: {heard.sent[:2000]!r}"
            assert allowed[number], f"0 for request {number}: {requests[number]!r:.2000}"
    return [answer.status if answer.code is None else answer.code for answer in heard.answers]


def _still_right(pair: Pair) -> bool:
    heard = talk(pair.port, [bytes(Draft(bodies.sample(Random(1)))) + bytes(Draft(b"{}"))], LAST)
    return [answer.code for answer in heard.answers] == [0, 1, None]
