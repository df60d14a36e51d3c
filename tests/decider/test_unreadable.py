"""Messages that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_health.v1 import health_pb2
from policies import request
from processes import TIMEOUT

if TYPE_CHECKING:
    from conftest import Running

_BAD_TEXT = b"\x0a\x02\xff\xff\x22\x02\xff\xff"
_DECIDE = "/decider.v1.DeciderService/DecideTopicCreation"


@pytest.fixture
def decider(start: Callable[..., Running]) -> Running:
    running = start(max_calls=20)
    running.use("version: 1\n")
    return running


@pytest.mark.parametrize("message", [_BAD_TEXT, b"\xff", b"\x22\xff\x01"])
@pytest.mark.parametrize("path", [_DECIDE, "/grpc.health.v1.Health/Check"])
def test_it_is_an_invalid_argument(decider: Running, path: str, message: bytes) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        decider.channel.unary_unary(path)(message, timeout=TIMEOUT)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.details() == "the message cannot be read"


@pytest.mark.parametrize(
    "path", ["/grpc.health.v1.Health/Watch", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"]
)
def test_a_stream_ends_with_it(decider: Running, path: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        list(decider.channel.stream_stream(path)(iter([_BAD_TEXT]), timeout=TIMEOUT))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_connection_outlives_more_of_them_than_it_may_have_streams(decider: Running) -> None:
    ask = decider.channel.unary_unary(_DECIDE)
    ends = {ask.future(_BAD_TEXT, timeout=TIMEOUT).code() for _ in range(100)}
    assert ends == {grpc.StatusCode.INVALID_ARGUMENT}
    assert decider.stub.DecideTopicCreation(request(), timeout=TIMEOUT).code == 0


def test_a_watch_is_still_answered_without_a_thread_of_its_own(decider: Running) -> None:
    watch = decider.channel.unary_stream("/grpc.health.v1.Health/Watch")
    watches = [watch(b"", timeout=TIMEOUT) for _ in range(15)]
    statuses = [health_pb2.HealthCheckResponse.FromString(next(each)).status for each in watches]
    assert statuses == [health_pb2.HealthCheckResponse.SERVING] * 15
    for each in watches:
        each.cancel()
