"""What waitress itself would answer, or not, and the time a request arrived."""

import json
import time

import pytest

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

    def test_a_body_that_comes_in_too_slowly_asks_nobody(self, start_adapter, decider, until, stack):
        adapter = start_adapter(budget=0.3)
        connection = stack.enter_context(adapter.open())
        began = time.monotonic()
        connection.sendall(b"POST /?SdkAppid=1400000002&CallbackCommand=Group.CallbackBeforeCreateTopic HTTP/1.1\r\n")
        until(lambda: time.monotonic() > began + 0.3)
        body = json.dumps(adapter.body()).encode()
        connection.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert parse(connection.makefile("rb").read()) == UNAVAILABLE
        assert adapter.counted("fallback_refused", "overload", 1400000002) == 1
        assert decider.requests == []

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
