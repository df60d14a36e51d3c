"""Everything that can be sent to the decider's port."""

import contextlib
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import wires
from conftest import ONE_NAME, Pair, grown
from google.protobuf.message import DecodeError
from processes import TIMEOUT, eventually
from reading import NAME
from runs import ONLY, repeatable, share, source

from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

_CALLERS = 8
_RAW = 0.3  # of the cases: HTTP/2 by hand, where gRPC's own client behaves too well
# Whatever is asked: never UNKNOWN or INTERNAL, which is what a defect looks like, and never no answer.
_PROPER = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


def test_whatever_is_called_ends_in_a_proper_status_and_allows_nothing_that_the_policy_refuses(
    start_pair: Callable[[str], Pair], capsys: pytest.CaptureFixture[str]
) -> None:
    pair = start_pair(ONE_NAME)
    numbers = share(0.2)
    warm = len(numbers) * 2 // 5
    options = [("grpc.max_send_message_length", -1), ("grpc.enable_retries", 0)]
    with grpc.insecure_channel(pair.address, options=options) as channel:
        ends = _run(pair, channel, numbers[:warm])
        before = pair.holdings()
        ends += _run(pair, channel, numbers[warm:])
        assert _still_right(channel)
        eventually(lambda: not grown(pair, before), f"it holds what it held: {before}, then {pair.holdings()}")
    assert "raceback" not in pair.decider.output
    assert all(line.startswith("{") for line in pair.decider.output.splitlines())
    assert "raceback" not in (pair.folder / "journal.jsonl").read_text()
    if not ONLY:
        assert _PROPER - set(ends) == set()
        assert ends["allowed"] > len(numbers) / 40
    with capsys.disabled():
        told = {end if isinstance(end, str) else end.name: count for end, count in ends.items()}
        print(f"\n{len(numbers)} cases: {told}; {before['decider']}, then {pair.holdings()['decider']}")


def _run(pair: Pair, channel: grpc.Channel, numbers: range) -> Counter[object]:
    ends: Counter[object] = Counter()
    with ThreadPoolExecutor(_CALLERS) as pool:
        for end in pool.map(lambda number: _try(pair, channel, number), numbers):
            ends.update(end)
    return ends


def _try(pair: Pair, channel: grpc.Channel, number: int) -> list[object]:
    chance = source("grpc", number)
    with repeatable("grpc", number):
        if chance.random() < _RAW:
            return _send(pair, wires.frames(chance))
        return _call(channel, wires.call(chance))


def _send(pair: Pair, sent: bytes) -> list[object]:
    host, _, port = pair.address.rpartition(":")
    with socket.create_connection((host, int(port)), TIMEOUT) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(TIMEOUT)
        while connection.recv(65_536):
            pass
    return ["raw"]


def _call(channel: grpc.Channel, call: wires.Call) -> list[object]:
    try:
        answer = channel.unary_unary(call.path)(call.message, timeout=TIMEOUT, metadata=call.metadata)
    except ValueError:
        return ["unsendable"]  # by gRPC's own client
    except grpc.RpcError as error:
        return [_proper(error, call)]
    return [grpc.StatusCode.OK, *_check(call, answer)]


def _proper(error: grpc.RpcError, call: wires.Call) -> grpc.StatusCode:
    code: grpc.StatusCode = error.code()
    assert code in _PROPER or (code is grpc.StatusCode.NOT_FOUND and "Health" in call.path), (
        f"{code} {error.details()!r} for {call!r:.1000}"
    )
    return code


def _check(call: wires.Call, answer: bytes) -> list[object]:
    try:
        allowed, names = _read(call, answer)
    except DecodeError:
        pytest.fail(f"an answer to what cannot be read: {call!r:.1000}")
    for verdict, name in zip(allowed, names, strict=True):
        assert not verdict or name == NAME, f"{name!r} allowed: {call!r:.1000}"
    return ["allowed"] * sum(allowed)


def _read(call: wires.Call, answer: bytes) -> tuple[list[bool], list[str]]:
    if call.path == wires.SERVICE + "DecideTopicCreation":
        response = pb.DecideTopicCreationResponse.FromString(answer)
        return [_allows(response)], [pb.DecideTopicCreationRequest.FromString(call.message).topic_name]
    if call.path == wires.SERVICE + "BatchDecideTopicCreation":
        outcomes = pb.BatchDecideTopicCreationResponse.FromString(answer).outcomes
        requests = pb.BatchDecideTopicCreationRequest.FromString(call.message).requests
        return [_allows(each.response) for each in outcomes], [each.topic_name for each in requests]
    return [], []


def _allows(response: pb.DecideTopicCreationResponse) -> bool:
    return response.verdict == policy_pb2.VERDICT_ALLOW or (bool(response.decision_id) and response.code == 0)


def _still_right(channel: grpc.Channel) -> bool:
    ask = channel.unary_unary(wires.SERVICE + "DecideTopicCreation")
    request = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="leckie", topic_name=NAME)
    other = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="leckie", topic_name="Another topic")
    answers = [ask(each.SerializeToString(), timeout=TIMEOUT) for each in (request, other)]
    return [pb.DecideTopicCreationResponse.FromString(answer).code for answer in answers] == [0, 1]
