"""Long calls have threads of their own, and calls that come too late are not worked on."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from policies import request
from processes import eventually

from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

if TYPE_CHECKING:
    from conftest import Running

TIMEOUT = 10


def shed(decider: "Running", reason: str) -> float:
    return decider.registry.get_sample_value("decider_shed_total", {"reason": reason}) or 0


def is_answered(decider: "Running") -> bool:
    answer = decider.stub.DecideTopicCreation(request(), timeout=TIMEOUT)
    return bool(answer.verdict == policy_pb2.VERDICT_ALLOW)


def test_open_reflection_streams_hold_no_decision_up_and_are_few(start: Callable[..., "Running"]) -> None:
    decider = start(threads=2)
    decider.use("version: 1\n")
    done = Event()

    def asking() -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        done.wait(TIMEOUT)

    ask = reflection_pb2_grpc.ServerReflectionStub(decider.channel).ServerReflectionInfo
    streams = [ask(asking(), timeout=TIMEOUT) for _ in range(4)]
    assert all(next(stream).HasField("list_services_response") for stream in streams)
    with pytest.raises(grpc.RpcError) as caught:
        next(ask(asking(), timeout=TIMEOUT))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert shed(decider, "streams") == 1
    assert is_answered(decider)
    done.set()
    assert all(not list(stream) for stream in streams)
    eventually(lambda: next(ask(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))), "a free stream")


def test_batches_hold_no_other_call_up_and_are_few(start: Callable[..., "Running"]) -> None:
    decider = start(threads=2)
    decider.use("version: 1\n")
    decider.journal.gate.clear()
    batch = pb.BatchDecideTopicCreationRequest(requests=[request()] * 2)
    calls = [decider.stub.BatchDecideTopicCreation.future(batch, timeout=TIMEOUT) for _ in range(9)]
    eventually(lambda: shed(decider, "batches") == 1, "one batch too many")
    assert decider.stub.GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT).revision
    decider.journal.gate.set()
    codes = sorted(str(call.code()) for call in calls)
    assert codes == ["StatusCode.OK"] * 8 + ["StatusCode.RESOURCE_EXHAUSTED"]
    assert is_answered(decider)


def test_a_call_whose_deadline_passed_in_the_queue_is_not_worked_on(start: Callable[..., "Running"]) -> None:
    decider = start(threads=1)
    decider.use("version: 1\n")
    decider.journal.gate.clear()
    held = decider.stub.DecideTopicCreation.future(request("first"), timeout=TIMEOUT)
    assert decider.journal.waiting.wait(TIMEOUT)
    late = [decider.stub.DecideTopicCreation.future(request("late"), timeout=0.2) for _ in range(5)]
    assert {call.code() for call in late} == {grpc.StatusCode.DEADLINE_EXCEEDED}
    decider.journal.gate.set()
    assert held.result()
    assert is_answered(decider)
    assert [entry.request.topic_name for entry in decider.journal.entries] == ["first", request().topic_name]


def test_a_call_with_too_little_time_left_is_not_worked_on(decider: "Running") -> None:
    decider.use("version: 1\n")

    def was_shed() -> bool:
        with pytest.raises(grpc.RpcError) as caught:
            decider.stub.DecideTopicCreation(request(), timeout=0.009)
        ends = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
        assert caught.value.code() in ends
        return shed(decider, "time") > 0

    eventually(was_shed, "a call that reaches the decider with less than its floor")
    assert decider.journal.entries == []
