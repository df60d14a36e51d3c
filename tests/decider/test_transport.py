"""What one connection may do, tried on a real decider, in raw HTTP/2 where gRPC's own client behaves too well."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import grpc
import pytest
from policies import request
from processes import TIMEOUT

from decider.v1 import decider_pb2 as pb

if TYPE_CHECKING:
    from conftest import Running

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS, _PING, _GOAWAY = 4, 6, 7  # types of frames, RFC 9113
_MAX_CONCURRENT_STREAMS, _MAX_HEADER_LIST_SIZE = 3, 6
_ENHANCE_YOUR_CALM = 0xB
_MIB = 1 << 20


@pytest.fixture
def decider(start: Callable[..., Running]) -> Running:
    running = start(max_calls=70)
    running.use("version: 1\n")
    return running


def frame(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, 0, 0, 0, 0, 0]) + payload


def frames(connection: socket.socket) -> Iterator[tuple[int, bytes]]:
    """The frames that come in until the other side closes: type and payload."""
    with connection.makefile("rb") as stream:
        while head := stream.read(9):
            yield head[3], stream.read(int.from_bytes(head[:3], "big"))


def connect(decider: Running) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", decider.server.port), TIMEOUT)
    connection.sendall(_PREFACE + frame(_SETTINGS))
    return connection


@pytest.fixture
def connection(decider: Running) -> Iterator[socket.socket]:
    with connect(decider) as connection:
        yield connection


def test_streams_and_metadata_of_a_connection_are_bounded(connection: socket.socket) -> None:
    payload = next(payload for kind, payload in frames(connection) if kind == _SETTINGS and payload)
    told = dict(struct.iter_unpack(">HI", payload))
    assert (told[_MAX_CONCURRENT_STREAMS], told[_MAX_HEADER_LIST_SIZE]) == (140, 16 << 10)


def test_a_caller_that_pings_too_often_is_cut_off(connection: socket.socket) -> None:
    connection.sendall(frame(_PING, bytes(8)) * 5)
    payload = next(payload for kind, payload in frames(connection) if kind == _GOAWAY)
    assert int.from_bytes(payload[4:8], "big") == _ENHANCE_YOUR_CALM
    assert payload[8:] == b"too_many_pings"


def test_pings_that_are_few_are_answered(connection: socket.socket) -> None:
    connection.sendall(frame(_PING, bytes(8)))
    assert next(payload for kind, payload in frames(connection) if kind == _PING) == bytes(8)


def test_who_connects_and_says_nothing_is_cut_off(decider: Running) -> None:
    with socket.create_connection(("127.0.0.1", decider.server.port), TIMEOUT) as silent:
        for _ in frames(silent):
            pass  # ends when the server closes; TIMEOUT otherwise


def test_a_message_over_4_mib_is_turned_away_and_one_below_is_read(decider: Running) -> None:
    def ask(size: int) -> grpc.StatusCode:
        asked = request("x", attributes={"a": "x" * size})
        with pytest.raises(grpc.RpcError) as raised:
            decider.stub.DecideTopicCreation(asked, timeout=TIMEOUT)
        code: grpc.StatusCode = raised.value.code()
        return code

    assert ask(4 * _MIB) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ask(4 * _MIB - 1000) is grpc.StatusCode.INVALID_ARGUMENT


def test_metadata_over_16_kib_is_turned_away(decider: Running) -> None:
    def ask(size: int) -> pb.DecideTopicCreationResponse:
        return decider.stub.DecideTopicCreation(request("x"), timeout=TIMEOUT, metadata=[("a", "x" * size)])

    with pytest.raises(grpc.RpcError) as raised:
        ask(17 << 10)
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ask(4 << 10).decision_id


def test_a_connection_ends_at_its_age_and_no_call_fails_for_it(start: Callable[..., Running]) -> None:
    decider = start(connection_age=1)
    decider.use("version: 1\n")
    end = time.monotonic() + 3.5  # three ages, and what gRPC varies them by
    with connect(decider) as idle:
        calls = 0
        while time.monotonic() < end:
            calls += bool(decider.stub.DecideTopicCreation(request("x"), timeout=TIMEOUT).decision_id)
        aged = next(payload[8:] for kind, payload in frames(idle) if kind == _GOAWAY)
    assert (calls > 100, aged) == (True, b"max_age")
