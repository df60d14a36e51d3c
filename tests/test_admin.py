"""The admin ports of both services: the same pages, and the same patience with bad clients."""

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest
from processes import TIMEOUT, eventually
from prometheus_client import CollectorRegistry, Counter

import adapter.admin
import adapter.log
import decider.admin
from adapter.address import Address


@dataclass
class Admin:
    """One of the two, and what it is told of its service."""

    module: ModuleType
    problem: str = ""
    parts: list[Any] = field(default_factory=list)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def start(self) -> None:
        served: Mapping[str, Callable[[], Any]] = self.module.pages(
            self.registry, lambda: self.problem, lambda: self.parts
        )
        if self.module is decider.admin:
            self.server = decider.admin.AdminServer("127.0.0.1:0", served)
        else:
            log = adapter.log.configure("debug", io.StringIO())
            self.server = adapter.admin.AdminServer(Address("127.0.0.1", 0), served, log)
        self.server.start()
        self.port = int(self.server.server_address[1])

    def ask(self, path: str, method: str = "GET") -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request(method, path)
        answer = connection.getresponse()
        found = answer.status, str(answer.headers["Content-Type"]), answer.read()
        connection.close()
        return found


@pytest.fixture(params=[adapter.admin, decider.admin], ids=["adapter", "decider"])
def admin(request: pytest.FixtureRequest) -> Iterator[Admin]:
    running = Admin(request.param)
    Counter("seen", "What is seen.", registry=running.registry).inc()
    running.start()
    yield running
    running.server.close()


def test_metrics_are_on_their_path_alone(admin: Admin) -> None:
    status, kind, body = admin.ask("/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"seen_total 1.0" in body
    assert admin.ask("/metrics?name[]=seen_total")[0] == 200
    for path in ("/", "/metrics/", "/metric", "/../metrics", "/admin"):
        assert admin.ask(path)[::2] == (404, b"not found\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "MADEUP"])
def test_there_is_nothing_but_get_and_head(admin: Admin, method: str) -> None:
    assert admin.ask("/metrics", method)[::2] == (405, b"method not allowed\n")
    assert admin.ask("/healthz", "HEAD") == (200, "text/plain; charset=utf-8", b"")


def test_healthz_says_what_is_wrong(admin: Admin) -> None:
    assert admin.ask("/healthz")[::2] == (200, b"alive\n")
    admin.problem = "it hangs"
    assert admin.ask("/healthz")[::2] == (503, b"it hangs\n")


def test_readyz_names_each_part_and_why_it_is_not_ready(admin: Admin) -> None:
    part = admin.module.Component
    admin.parts = [part("a", True, "fine"), part("b", True, "so so")]
    status, kind, body = admin.ask("/readyz")
    assert (status, kind, json.loads(body)["ready"]) == (200, "application/json", True)
    admin.parts.append(part("c", False, "not loaded"))
    status, _, body = admin.ask("/readyz")
    assert (status, json.loads(body)["ready"]) == (503, False)
    assert json.loads(body)["components"] == [
        {"name": "a", "ready": True, "state": "fine"},
        {"name": "b", "ready": True, "state": "so so"},
        {"name": "c", "ready": False, "state": "not loaded"},
    ]


def test_a_page_that_breaks_shows_nothing_of_it(admin: Admin) -> None:
    admin.parts = [object()]
    assert admin.ask("/readyz")[::2] == (500, b"internal error\n")
    assert admin.ask("/healthz")[0] == 200


def test_what_is_no_http_is_turned_away_without_an_echo(admin: Admin) -> None:
    for sent in (b"<b>hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", admin.port), timeout=TIMEOUT) as connection:
            connection.sendall(sent)
            answer = connection.makefile("rb").read()
        assert b"hello" not in answer
        assert b"Python" not in answer


def test_clients_that_send_nothing_keep_nobody_out_and_cost_few_threads(admin: Admin) -> None:
    idle = [socket.create_connection(("127.0.0.1", admin.port), timeout=TIMEOUT) for _ in range(60)]
    idle[-1].sendall(b"GET /met")
    began = time.monotonic()
    assert [admin.ask("/healthz")[0] for _ in range(5)] == [200] * 5
    assert time.monotonic() - began < 2
    assert sum("process_request" in thread.name for thread in threading.enumerate()) <= 16
    for connection in idle:
        connection.close()


def test_who_is_slow_is_hung_up_on(admin: Admin) -> None:
    with socket.create_connection(("127.0.0.1", admin.port), timeout=TIMEOUT) as connection:
        began = time.monotonic()
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.3):
                connection.sendall(b"X")

        sender = threading.Thread(target=trickle, daemon=True)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        sender.start()
        try:
            assert connection.recv(1000) == b""
        except ConnectionResetError:
            pass
        finally:
            ended.set()
        assert 2 < time.monotonic() - began < 6
        sender.join(TIMEOUT)
    eventually(lambda: admin.ask("/healthz")[0] == 200, "service after that")
