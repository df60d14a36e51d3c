"""Stopping: what was accepted is answered."""

import contextlib
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

APPS = {"1400000001": {"on_failure": "allow"}}


@pytest.fixture
def serve(start_process, decider):
    def start(**settings):
        environ = {"ADAPTER_APPS": json.dumps(APPS), "ADAPTER_LISTEN": "127.0.0.1:0", "ADAPTER_DECIDER": decider.target}
        more = {f"ADAPTER_{name.upper()}": str(value) for name, value in settings.items()}
        return start_process("serve", environ=environ | {"ADAPTER_BUDGET": "1.9", "ADAPTER_DRAIN_PAUSE": "0"} | more)

    return start


def refuses(process):
    """Whether the process takes no more connections."""
    with contextlib.closing(socket.socket()) as attempt:
        return attempt.connect_ex((process.client.host, process.client.port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_end(serve, decider, until, number):
    released = decider.hang()
    process = serve()
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(process.client.webhook)
        until(lambda: decider.requests)
        process.signal(number)
        until(lambda: refuses(process))
        released.set()
        assert reply.result().json["ErrorCode"] == 0
        assert reply.result().headers["connection"] == "close"
    assert process.wait() == 0
    assert process.logged("stopped")


def test_requests_that_wait_for_a_thread_are_answered_too(serve, decider, until):
    released = decider.hang()
    process = serve(threads=1)
    clients = [process.new_client() for _ in range(5)]
    with ThreadPoolExecutor() as pool:
        replies = [pool.submit(client.webhook) for client in clients]
        until(lambda: decider.requests)
        process.signal()
        until(lambda: refuses(process))
        released.set()
        assert [reply.result().json["ErrorCode"] for reply in replies] == [0] * 5
    assert process.wait() == 0


def test_a_request_that_is_still_coming_in_is_answered(serve, until, stack):
    process = serve()
    connection = stack.enter_context(process.client.open())
    connection.sendall(b"POST / HTTP/1.1\r\n")
    until(lambda: process.client.webhook().status == 200)
    process.signal()
    until(lambda: refuses(process))
    connection.sendall(b"Content-Length: 0\r\n\r\n")
    answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answer
    assert process.wait() == 0


def test_an_idle_connection_does_not_hold_up_the_end(serve):
    process = serve(drain=30)
    process.client.webhook()
    began = time.monotonic()
    process.signal()
    assert process.wait() == 0
    assert time.monotonic() - began < 10


def test_finishing_is_bounded(serve, decider, until):
    decider.hang()
    process = serve(drain=0.2)
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(process.client.webhook)
        until(lambda: decider.requests)
        process.signal()
        assert process.wait() == 0
        assert process.logged("stopped with requests unanswered")["connections"] == 1
        # Whatever the connection ends with: nobody waits for it.
        reply.exception()


def test_a_second_signal_ends_at_once(serve, decider, until):
    decider.hang()
    process = serve(drain=30)
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(process.client.webhook)
        until(lambda: decider.requests)
        process.signal()
        until(lambda: refuses(process))
        process.signal()
        assert process.wait(5) == -signal.SIGTERM
        assert reply.exception()


def test_requests_that_wait_do_not_flood_the_log(start_adapter, decider):
    adapter = start_adapter(threads=1, log_level="debug")
    clients = [adapter.new_client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda client: [client.webhook() for _ in range(5)], clients))
    assert [line for line in adapter.log if "queue" in line["event"]] == []


class TestPause:
    """Between the signal and the end, whoever has not heard of it is served."""

    def test_new_and_kept_connections_are_answered_and_told_to_close(self, serve, until):
        process = serve(drain_pause=1)
        idle = process.new_client()
        idle.webhook()
        process.signal()
        until(lambda: process.logged("draining"))
        for client in (process.new_client(), idle):
            reply = client.webhook()
            assert reply.json["ErrorCode"] == 0
            assert reply.headers["connection"] == "close"
        until(lambda: refuses(process))
        assert process.wait() == 0

    def test_it_lasts_as_long_as_set(self, serve):
        process = serve(drain_pause=0.5)
        process.client.webhook()
        began = time.monotonic()
        process.signal()
        assert process.wait() == 0
        assert 0.5 <= time.monotonic() - began < 5

    def test_a_second_signal_ends_it(self, serve, until):
        process = serve(drain_pause=60)
        process.signal()
        until(lambda: process.logged("draining"))
        process.signal()
        assert process.wait(5) == -signal.SIGTERM


def test_a_stop_that_comes_when_all_is_over_does_nothing(adapter):
    for _ in range(3):
        adapter.stop()
