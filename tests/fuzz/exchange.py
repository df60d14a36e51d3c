"""One conversation with the adapter in raw bytes, and what an answer may look like."""

import contextlib
import http.client
import json
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

# Seconds in which a connection has to have been answered or closed: ten times the budget that the tests set.
HANG = 5.0
# Seconds after which a connection that is open is given a further request: longer than the budget.
_PATIENCE = 0.8

_ANSWER = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) [^\r\n]*\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)+)\r\n")
_LENGTH = re.compile(rb"^content-length: ([0-9]+)\r$", re.IGNORECASE | re.MULTILINE)
_INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
_INNARDS = re.compile(rb"traceback|exception|waitress|falcon|grpc|python|\.py\b|line [0-9]", re.IGNORECASE)
_MESSAGES = {
    0: {""},
    1: {"", "The request could not be accepted.", "Topics cannot be created at the moment. Please try again later."},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; without a code unless it is the vendor's JSON."""

    status: int
    code: int | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was sent and came back on one connection, and after how many seconds it was closed; None: it was not."""

    sent: bytes
    answers: Sequence[Answer]
    closed: float | None


def talk(port: int, pieces: Sequence[bytes], last: bytes, pause: float = 0.0) -> Heard:
    """Send pieces on one connection, `pause` seconds apart, and listen until the other side closes.

    `last` is a request that has the connection closed. What came before may have taken it for its own rest, so it is
    sent again while the connection stays open.
    """
    began = time.monotonic()
    sent, heard, closed = b"".join(pieces), b"", False
    with socket.create_connection(("127.0.0.1", port), timeout=HANG) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(connection, pieces, pause)
        while not closed and time.monotonic() < began + HANG:
            _send(connection, [last], 0)
            sent += last
            more, closed = _listen(connection, time.monotonic() + _PATIENCE)
            heard += more
    return Heard(sent, read_answers(heard), time.monotonic() - began if closed else None)


def _send(connection: socket.socket, pieces: Sequence[bytes], pause: float) -> None:
    # Whoever turns a request away may close before it is sent in whole.
    with contextlib.suppress(ConnectionError, TimeoutError):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)


def _listen(connection: socket.socket, until: float) -> tuple[bytes, bool]:
    heard = bytearray()
    try:
        while (left := until - time.monotonic()) > 0:
            connection.settimeout(left)
            if not (data := connection.recv(65_536)):
                return bytes(heard), True
            heard += data
    except ConnectionError:
        return bytes(heard), True
    except TimeoutError:
        pass
    return bytes(heard), False


def post(port: int, target: str, body: bytes) -> tuple[int, str]:
    """Post a webhook as it should be sent; returns the answer's code and message."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)
    with contextlib.closing(connection):
        connection.request("POST", target, body)
        answer = json.loads(connection.getresponse().read())
    return answer["ErrorCode"], answer["ErrorInfo"]


def read_answers(heard: bytes) -> list[Answer]:
    """The answers in what was heard; fails for anything that no answer of the adapter may be."""
    assert not (found := _INNARDS.search(heard)), f"an answer tells of {found[0]!r}: {heard[:500]!r}"
    answers = []
    while heard:
        if heard.startswith(_INTERIM):
            heard = heard[len(_INTERIM) :]
            continue
        matched = _ANSWER.match(heard)
        assert matched, f"not an answer: {heard[:200]!r}"
        length = _LENGTH.search(matched[2])
        assert length, f"an answer without a length: {heard[:200]!r}"
        end = matched.end() + int(length[1])
        assert end <= len(heard), f"an answer that was cut short: {heard[:200]!r}"
        answers.append(_check(int(matched[1]), heard[matched.end() : end]))
        heard = heard[end:]
    return answers


def _check(status: int, body: bytes) -> Answer:
    assert status in (200, 404, 405), f"status {status}"
    if status != 200:
        return Answer(status, None)
    fields = json.loads(body)
    assert set(fields) == {"ActionStatus", "ErrorInfo", "ErrorCode"}, f"not the vendor's: {body[:200]!r}"
    assert fields["ErrorInfo"] in _MESSAGES[fields["ErrorCode"]], f"not the vendor's: {body[:200]!r}"
    return Answer(status, fields["ErrorCode"])
