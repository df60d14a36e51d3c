"""Callers that begin calls and send nothing, and calls that wait for their turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2_grpc
from policies import request
from processes import TIMEOUT, eventually

if TYPE_CHECKING:
    from conftest import Running

_METHOD = "/decider.v1.DeciderService/DecideTopicCreation"


@pytest.fixture
def decider(start: Callable[..., Running]) -> Running:
    running = start(threads=2, max_calls=30)
    running.use("version: 1\n")
    return running


@pytest.fixture
def silence() -> Iterator[Callable[[], Iterator[bytes]]]:
    """Messages that do not come before the test is over."""
    over = threading.Event()

    def nothing() -> Iterator[bytes]:
        over.wait(TIMEOUT)
        yield from ()

    yield nothing
    over.set()


def test_calls_whose_message_does_not_come_keep_nobody_out(
    decider: Running, silence: Callable[[], Iterator[bytes]]
) -> None:
    calls = [decider.channel.stream_stream(_METHOD)(silence()) for _ in range(20)]
    assert [decider.stub.DecideTopicCreation(request(), timeout=TIMEOUT).code for _ in range(5)] == [0] * 5
    for call in calls:
        call.cancel()


def test_reflection_streams_that_ask_nothing_keep_nobody_out(
    decider: Running, silence: Callable[[], Iterator[bytes]]
) -> None:
    reflection = reflection_pb2_grpc.ServerReflectionStub(decider.channel)
    calls = [reflection.ServerReflectionInfo(silence()) for _ in range(20)]
    assert [decider.stub.DecideTopicCreation(request(), timeout=TIMEOUT).code for _ in range(5)] == [0] * 5
    for call in calls:
        call.cancel()


def test_only_so_many_are_worked_on_at_a_time_and_none_whose_time_is_up(decider: Running) -> None:
    decider.journal.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        worked_on = [pool.submit(decider.stub.DecideTopicCreation, request(), timeout=TIMEOUT) for _ in range(2)]
        eventually(lambda: len(decider.journal.entries) == 2, "both turns are taken")
        with pytest.raises(grpc.RpcError) as raised:
            decider.stub.DecideTopicCreation(request("late"), timeout=0.2)
        assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        decider.journal.gate.set()
        assert [each.result().code for each in worked_on] == [0, 0]
    assert decider.stub.DecideTopicCreation(request("next"), timeout=TIMEOUT).code == 0
    assert [entry.request.topic_name for entry in decider.journal.entries[2:]] == ["next"]


def test_what_the_contract_does_not_know_is_not_kept(decider: Running) -> None:
    raw = request().SerializeToString() + b"\x9a\x7d\xff\x7f" + b"x" * 16_383
    decider.channel.unary_unary(_METHOD)(raw, timeout=TIMEOUT)
    assert decider.journal.entries[0].request.ByteSize() == request().ByteSize()
