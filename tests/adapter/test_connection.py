"""What waitress itself would answer, or not, and the time a request arrived."""

import json
import re
import threading
import time
from urllib.parse import urlencode

import pytest

ALLOWED = {"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0}
REJECTED = {"ActionStatus": "OK", "ErrorInfo": "The request could not be accepted.", "ErrorCode": 1}
UNAVAILABLE = {
    "ActionStatus": "OK",
    "ErrorInfo": "Topics cannot be created at the moment. Please try again later.",
    "ErrorCode": 1,
}


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    assert status.split(" ", 1)[1] == "200 OK"
    assert "Content-Type: application/json" in headers
    assert f"Content-Length: {len(body)}" in headers
    return json.loads(body)


def read_answer(answers):
    """Read one answer of several on a connection."""
    head = b"".join(iter(answers.readline, b"\r\n"))
    length = re.search(rb"Content-Length: ([0-9]+)", head)
    return parse(head + b"\r\n" + answers.read(int(length[1])))


def request(adapter, query=None, body=None):
    """One webhook as bytes."""
    target = urlencode(query or adapter.query()).encode()
    body = json.dumps(adapter.body()).encode() if body is None else body
    return b"POST /?%s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (target, len(body), body)


# What is sent, and the reason counted.
UNREADABLE = [
    (b"nonsense\r\n\r\n", "malformed_http"),
    (b"\x00\xff\r\n\r\n", "malformed_http"),
    (b"post / HTTP/1.1\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "malformed_http"),
    (b"POST http://[ HTTP/1.1\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed_http"),
    (b"POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n", "too_large"),
    (b"POST / HTTP/1.1\r\nX: ".ljust(65_536, b"x"), "too_large"),
]


@pytest.mark.parametrize(("data", "reason"), UNREADABLE, ids=[str(row[0][:50]) for row in UNREADABLE])
def test_what_is_not_http_is_answered_like_the_vendors_and_counted(adapter, until, data, reason):
    assert parse(adapter.raw(data)) == REJECTED
    until(lambda: adapter.counted("rejected", reason, "unknown") == 1)
    assert adapter.webhook().status == 200


def chunked(adapter, body, size=1000):
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    target = "&".join(f"{name}={value}" for name, value in adapter.query().items()).encode()
    head = b"POST /?" + target + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    return parse(adapter.raw(head + coded + b"0\r\n\r\n"))


def test_a_body_in_chunks_without_a_length_is_read(adapter, decider):
    assert chunked(adapter, json.dumps(adapter.body()).encode(), size=7)["ErrorCode"] == 0
    assert decider.requests[0].topic_name == "MyFirstTopic"


def test_a_body_in_chunks_has_the_same_limit(adapter):
    assert chunked(adapter, b" " * 65_537) == REJECTED
    assert adapter.answered[-1]["reason"] == "too_large"


@pytest.mark.parametrize("length", [b"Content-Length: 0\r\n", b""])
def test_a_request_without_a_body_is_whole_and_the_next_one_is_another(adapter, stack, length):
    connection = stack.enter_context(adapter.open())
    empty = request(adapter, body=b"").replace(b"Content-Length: 0\r\n", length + b"Expect: 100-continue\r\n")
    connection.sendall(empty + request(adapter))
    answers = connection.makefile("rb")
    assert [read_answer(answers), read_answer(answers)] == [REJECTED, ALLOWED]


def test_a_field_full_of_blanks_holds_nobody_up(adapter):
    began = time.monotonic()
    answer = adapter.raw(
        request(adapter).replace(b"\r\n", b"\r\nConnection: close\r\nX:" + b" " * 60_000 + b"\x01\r\n", 1)
    )
    assert parse(answer) == REJECTED
    assert time.monotonic() - began < 5  # by waitress' own pattern: some twenty


def test_nobody_is_told_what_serves(adapter):
    assert "server" not in adapter.webhook().headers
    assert b"waitress" not in adapter.raw(b"nonsense\r\n\r\n").lower()


def test_an_application_that_does_not_survive_is_answered_all_the_same(start_adapter, until):
    adapter = start_adapter()

    def broken(environ, start_response):
        raise ZeroDivisionError("an inner secret")

    adapter.listener.application = broken
    answer = adapter.raw(b"POST / HTTP/1.1\r\n\r\n")
    assert parse(answer) == UNAVAILABLE
    until(lambda: adapter.counted("fallback_refused", "bug", "unknown") == 1)
    assert any("ZeroDivisionError" in line.get("exception", "") for line in adapter.log)


class TestArrival:
    """The budget counts from the first byte."""

    def test_a_blank_line_between_requests_is_no_beginning(self, start_adapter, until, stack):
        adapter = start_adapter(budget=0.3)
        connection = stack.enter_context(adapter.open())
        connection.sendall(request(adapter) + b"\r\n")
        answers = connection.makefile("rb")
        assert read_answer(answers) == ALLOWED
        began = time.monotonic()
        until(lambda: time.monotonic() > began + 0.4)
        connection.sendall(request(adapter))
        assert read_answer(answers) == ALLOWED

    def test_waiting_for_a_thread_counts(self, start_adapter, decider, until, stack):
        decider.hang()
        adapter = start_adapter(budget=0.5, threads=1)
        body = json.dumps(adapter.body()).encode()
        request = (
            b"POST /?SdkAppid=1400000002&CallbackCommand=Group.CallbackBeforeCreateTopic HTTP/1.1\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        connections = [stack.enter_context(adapter.open()) for _ in range(20)]
        for connection in connections:
            connection.sendall(request)
        assert [parse(connection.makefile("rb").read()) for connection in connections] == [UNAVAILABLE] * 20
        assert max(line["ms"] for line in adapter.answered) <= 500
        reasons = {line["reason"] for line in adapter.answered}
        assert reasons == {"too_slow", "overload"}
        assert len(decider.requests) < 20

    def test_time_on_an_idle_connection_does_not_count(self, start_adapter, until):
        adapter = start_adapter(budget=0.3)
        adapter.webhook()
        began = time.monotonic()
        until(lambda: time.monotonic() > began + 0.4)
        adapter.webhook()
        assert adapter.answered[-1]["outcome"] == "allowed"


class TestSlowArrival:
    """A request that is still coming in when its time is up is answered then, and its connection closed."""

    BUDGET = 0.5
    # Milliseconds by the sender's clock; the machine that runs the tests may be busy.
    IN_TIME = 500

    @pytest.fixture
    def adapter(self, start_adapter):
        return start_adapter(budget=self.BUDGET, reserve=0.2)

    @pytest.fixture
    def send(self, adapter, stack):
        """Send bytes and return the answer, once the connection is closed, and how many ms that took."""

        def send(data):
            connection = stack.enter_context(adapter.open())
            began = time.monotonic()
            connection.sendall(data)
            answer = connection.makefile("rb").read()
            assert b"\r\nConnection: close\r\n" in answer
            return parse(answer), (time.monotonic() - began) * 1000

        return send

    @pytest.mark.parametrize(
        ("app", "kind", "expected"),
        [(1400000001, "fallback_allowed", ALLOWED), (1400000002, "fallback_refused", UNAVAILABLE)],
    )
    @pytest.mark.parametrize("missing", [1, 60])
    def test_a_body_that_does_not_come_gets_the_apps_on_failure(
        self, adapter, decider, send, until, app, kind, expected, missing
    ):
        answer, ms = send(request(adapter, adapter.query(SdkAppid=app))[:-missing])
        assert answer == expected
        assert self.BUDGET * 1000 - 200 <= ms <= self.IN_TIME
        until(lambda: adapter.counted(kind, "slow_arrival", app) == 1)
        assert decider.requests == []

    def test_the_budget_by_default_is_kept(self, start_adapter, stack):
        adapter = start_adapter()
        connection = stack.enter_context(adapter.open())
        began = time.monotonic()
        connection.sendall(request(adapter)[:-1])
        assert parse(connection.makefile("rb").read()) == ALLOWED
        assert 1.4 <= time.monotonic() - began <= 1.5

    def test_a_signature_that_holds_is_enough_without_the_body(self, adapter, send, until):
        assert send(request(adapter, adapter.signed())[:-1])[0] == UNAVAILABLE
        until(lambda: adapter.counted("fallback_refused", "slow_arrival", 1400000000) == 1)

    @pytest.mark.parametrize(
        ("query", "body", "reason"),
        [
            ({"SdkAppid": 5}, None, "unknown_app"),
            ({"Sign": "0" * 64, "SdkAppid": 1400000000}, None, "missing_signature"),
            ({"sdkappid": 5}, None, "duplicate_parameter"),
            ({}, b" " * 65_537, "too_large"),
        ],
    )
    def test_what_cannot_be_trusted_is_refused_without_the_body(self, adapter, send, until, query, body, reason):
        assert send(request(adapter, adapter.query(**query), body)[:-1])[0] == REJECTED
        until(lambda: [line["reason"] for line in adapter.answered] == [reason])

    def test_without_a_command_nothing_is_allowed(self, adapter, send):
        assert send(request(adapter, adapter.query(CallbackCommand=None))[:-1])[0] == UNAVAILABLE

    def test_chunks_that_do_not_end(self, adapter, send):
        head = request(adapter, body=b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        assert send(head + b'5\r\n{"Nam')[0] == ALLOWED
        assert [line["reason"] for line in adapter.answered] == ["slow_arrival"]

    def test_a_caller_that_waits_to_be_told_to_go_on_and_sends_nothing(self, adapter, stack):
        connection = stack.enter_context(adapter.open())
        head = request(adapter).partition(b"\r\n\r\n")[0]
        connection.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        interim, answer = connection.makefile("rb").read().split(b"\r\n\r\n", 1)
        assert interim == b"HTTP/1.1 100 Continue"
        assert parse(answer) == ALLOWED

    @pytest.mark.parametrize("data", [b"P", b"POST / HTTP/1.1\r\nContent-Length: 9", b"\r\n\r\nP"])
    def test_a_head_that_does_not_end_is_refused(self, adapter, send, until, data):
        answer, ms = send(data)
        assert answer == REJECTED
        assert ms <= self.IN_TIME
        until(lambda: adapter.counted("rejected", "incomplete_http", "unknown") == 1)

    def test_a_dribbled_head_is_refused_in_time(self, adapter, stack):
        connection = stack.enter_context(adapter.open())
        answered = threading.Event()

        def dribble():
            while not answered.wait(0.02):
                connection.sendall(b"P")

        began = time.monotonic()
        sender = threading.Thread(target=dribble)
        sender.start()
        head = connection.recv(1)
        ms = (time.monotonic() - began) * 1000
        answered.set()
        sender.join()
        assert head == b"H"
        assert ms <= self.IN_TIME

    def test_another_path_is_still_404(self, adapter, stack):
        connection = stack.enter_context(adapter.open())
        connection.sendall(request(adapter).replace(b"POST /", b"POST /other", 1)[:-1])
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 404 Not Found")

    def test_the_request_before_it_is_answered_first(self, adapter, stack):
        connection = stack.enter_context(adapter.open())
        connection.sendall(request(adapter) + request(adapter, adapter.query(SdkAppid=1400000002))[:-1])
        answers = connection.makefile("rb")
        assert [read_answer(answers), read_answer(answers), answers.read()] == [ALLOWED, UNAVAILABLE, b""]

    def test_it_is_answered_in_time_though_every_thread_waits_for_the_decider(
        self, start_adapter, decider, until, stack
    ):
        adapter = start_adapter(budget=1, reserve=0.3, threads=1)
        slow, queued = (stack.enter_context(adapter.open()) for _ in range(2))
        began = time.monotonic()
        slow.sendall(request(adapter)[:-1])
        queued.sendall(request(adapter)[:-1])
        until(lambda: time.monotonic() > began + 0.5)
        decider.hang()
        connection = stack.enter_context(adapter.open())
        connection.sendall(request(adapter))
        until(lambda: decider.requests)
        queued.sendall(b"}")
        for waiting in (slow, queued):
            assert read_answer(waiting.makefile("rb")) == ALLOWED
            assert time.monotonic() - began <= 1
        assert [line["reason"] for line in adapter.answered] == ["slow_arrival"] * 2

    def test_nothing_is_done_while_nothing_is_due(self, adapter, until, stack):
        send = stack.enter_context(adapter.open())
        send.sendall(request(adapter)[:-1])
        send.makefile("rb").read()
        adapter.webhook()
        turns = []
        turn = adapter.listener.turn
        adapter.listener.turn = lambda wait: turns.append(wait) or turn(wait)
        began = time.monotonic()
        until(lambda: time.monotonic() > began + 0.5)
        assert len(turns) <= 2


class TestHalfOpen:
    """Connections that say nothing make room for those that do."""

    def test_connections_with_half_a_request_or_none_do_not_keep_a_webhook_out(self, start_adapter, stack, until):
        adapter = start_adapter()
        # As many as there may be, without the 1,024 descriptors that such a test would need.
        adapter.listener.adj.connection_limit = 200
        opened = [stack.enter_context(adapter.open()) for _ in range(200)]
        for number, connection in enumerate(opened):
            connection.sendall((b"", b"P", b"\r\n")[number % 3])
        began = time.monotonic()
        assert adapter.webhook().json == ALLOWED
        assert time.monotonic() - began < 5
        until(lambda: len(adapter.listener.active_channels) == 1)
        began = time.monotonic()
        assert adapter.new_client().webhook().json == ALLOWED
        assert time.monotonic() - began < 0.5

    def test_when_there_is_no_more_room_those_that_say_nothing_go_at_once(self, adapter, stack):
        adapter.listener.adj.connection_limit = 50
        for _ in range(100):
            stack.enter_context(adapter.open())
        began = time.monotonic()
        assert adapter.webhook().json == ALLOWED
        assert time.monotonic() - began < 1.5

    def test_a_connection_between_requests_stays(self, adapter, stack, until):
        silent = stack.enter_context(adapter.open())
        adapter.webhook()
        kept = adapter._connection.sock
        assert silent.recv(1) == b""
        adapter.webhook()
        assert adapter._connection.sock is kept


@pytest.mark.parametrize(
    "request_line",
    [b"POST / HTTP/1.1", b"GET / HTTP/1.1", b"POST /elsewhere HTTP/1.1", b"nonsense"],
    ids=["webhook", "another method", "another path", "no HTTP"],
)
def test_no_answer_is_stored_nor_taken_for_what_it_is_not(adapter, request_line):
    head, _, _ = adapter.raw(request_line + b"\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines.count(b"Cache-Control: no-store") == 1
    assert lines.count(b"X-Content-Type-Options: nosniff") == 1


def test_host_and_the_headers_of_proxies_change_nothing(adapter, decider):
    claims = {
        "Host": "elsewhere.example:99",
        "Forwarded": "for=203.0.113.9;host=a.example;proto=https",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "a.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/elsewhere",
        "X-Real-IP": "203.0.113.9",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/elsewhere",
    }
    assert adapter.post(adapter.query(), adapter.body(), headers=claims).json["ErrorCode"] == 0
    assert decider.requests[0].client_ip == "127.0.0.1"
    assert "example" not in json.dumps(adapter.log)
    assert "203.0.113.9" not in json.dumps(adapter.log)
