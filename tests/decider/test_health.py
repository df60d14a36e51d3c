"""Health as its watchers see it: many, some of whom leave, and some who take nothing in."""

import signal
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from policies import write_policy
from processes import TIMEOUT, Program, free_port

STATUS = health_pb2.HealthCheckResponse
WATCHED = health_pb2.HealthCheckRequest()
# HTTP/2's types of frames.
DATA, HEADERS, SETTINGS = 0, 1, 4


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def decider(port: int, tmp_path: Path) -> Iterator[Program]:
    """A decider in a process of its own: one that hangs would keep this one from ending."""
    program = Program.module(
        "decider",
        "serve",
        DECIDER_LISTEN=f"127.0.0.1:{port}",
        DECIDER_POLICY=str(write_policy(tmp_path, "version: 1\n")),
        DECIDER_DRAIN_PAUSE="1",
        DECIDER_DRAIN_GRACE="0",
    )
    yield program.wait_for('"event": "serving"')
    program.end()


@pytest.fixture
def stub(port: int, decider: Program) -> Iterator[health_pb2_grpc.HealthStub]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield health_pb2_grpc.HealthStub(channel)


def statuses(stub: health_pb2_grpc.HealthStub) -> Iterator[int]:
    return (answer.status for answer in stub.Watch(WATCHED, timeout=TIMEOUT))


def test_watches_that_end_while_others_begin_stop_nothing(stub: health_pb2_grpc.HealthStub) -> None:
    watches: list[grpc.Call] = []
    for _ in range(20):
        fresh = [stub.Watch(WATCHED, timeout=TIMEOUT) for _ in range(20)]
        for watch in watches:
            watch.cancel()
        assert [next(watch).status for watch in fresh] == [STATUS.SERVING] * 20
        watches = fresh
    assert stub.Check(WATCHED, timeout=TIMEOUT).status == STATUS.SERVING


def test_watches_that_end_during_a_drain_do_not_keep_it_from_ending(
    stub: health_pb2_grpc.HealthStub, decider: Program
) -> None:
    watches = [stub.Watch(WATCHED, timeout=TIMEOUT) for _ in range(100)]
    assert {next(watch).status for watch in watches} == {STATUS.SERVING}
    decider.signal(signal.SIGTERM)
    for watch in watches[1:]:
        watch.cancel()
    assert next(watches[0]).status == STATUS.NOT_SERVING
    assert decider.wait() == 0


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def header(name: bytes, value: bytes) -> bytes:
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def watch_and_take_nothing(port: int) -> socket.socket:
    """Begin a watch whose statuses have no room to be sent in; return the connection once its answer has begun."""
    headers = {
        b":method": b"POST",
        b":scheme": b"http",
        b":path": b"/grpc.health.v1.Health/Watch",
        b":authority": b"localhost",
        b"te": b"trailers",
        b"content-type": b"application/grpc",
    }
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    no_room = struct.pack(">HI", 4, 0)  # SETTINGS_INITIAL_WINDOW_SIZE
    connection.sendall(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(SETTINGS, 0, 0, no_room)
        + frame(HEADERS, 4, 1, b"".join(header(*pair) for pair in headers.items()))
        + frame(DATA, 1, 1, bytes(5))
    )
    answers = connection.makefile("rb")
    while (head := answers.read(9))[3] != HEADERS:
        answers.read(int.from_bytes(head[:3], "big"))
    return connection


@pytest.fixture
def idlers(port: int, decider: Program) -> Iterator[Callable[[int], None]]:
    """Begins watches of callers that take nothing in."""
    connections: list[socket.socket] = []
    yield lambda count: connections.extend(watch_and_take_nothing(port) for _ in range(count))
    for connection in connections:
        connection.close()


def test_watchers_that_take_nothing_in_keep_no_status_from_the_others(
    stub: health_pb2_grpc.HealthStub, decider: Program, idlers: Callable[[int], None]
) -> None:
    idlers(4)
    seen = statuses(stub)
    assert next(seen) == STATUS.SERVING
    decider.signal(signal.SIGTERM)
    assert next(seen) == STATUS.NOT_SERVING
    assert decider.wait() == 0
