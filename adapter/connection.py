"""Waitress' connections, taught to keep the time of requests and to answer those they cannot read or wait for."""

import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error

from adapter.framing import read_head
from adapter.task import CLOCK, BriefTask, Task, UnreadableTask

# Seconds that a new connection's first request may be on its way when there is reason to be quick: at the end, and
# when there is no room for further connections.
_LINGER: Final = 0.2

# Seconds after which a connection that never began a request is closed; the vendor gives up after 2, its connecting
# included. Far less than an idle connection gets between requests, for anyone can open many and say nothing.
_SILENCE: Final = 3.0

# Where Linux says in its `tcp_info` how many milliseconds ago the last data came, as an unsigned int; and how far that
# may be off, in seconds, for it counts in ticks.
_LAST_DATA: Final = 52
_TICK: Final = 0.01

# Seconds that the vendor waits for an answer.
_VENDORS_PATIENCE: Final = 2.0


def _waited(connection: socket.socket) -> float:
    """Return for how many seconds at least the bytes that were just read had been there; 0 where nobody knows."""
    if sys.platform != "linux":
        return 0.0
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA + 4)
    return max(int.from_bytes(info[_LAST_DATA:], sys.byteorder) / 1000 - _TICK, 0.0)


def _next_byte(connection: socket.socket) -> bytes | None:
    """Return the next byte without taking it; empty: the caller hung up; None: there is none so far."""
    try:
        return connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class IncompleteHead(Error):  # type: ignore[misc]
    """The head of a request did not come in whole in time."""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """One request as it comes in."""

    # Waitress' own log lines name it, also of a request that has none.
    path = ""

    def __init__(self, adj: Adjustments, arrived: Callable[[], float]) -> None:
        """`arrived` tells when the newest bytes did."""
        super().__init__(adj)
        self._arrived = arrived
        self.arrival = arrived()
        # When the last byte came; None: it has not.
        self.complete: float | None = None
        # Whether more than the blank lines is here that some callers send between requests.
        self.begun = False
        # Whether it is to be answered without asking the decider.
        self.shed = False

    def received(self, data: bytes) -> int:
        """Take bytes and return how many of them belong to this request."""
        if not self.begun:
            self.arrival = self._arrived()
        consumed: int = super().received(data)
        self.begun = self.begun or self.headers_finished or bool(self.header_plus.strip())
        if self.completed:
            self.complete = self._arrived()
            # Nothing is left to be told to go on with. Told all the same, waitress would begin this request anew,
            # and take the next one on the connection for a part of it.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse, and make an error with an answer of what waitress would hang up on without one."""
        try:
            super().parse_header(read_head(header_plus))
        except ValueError as error:
            raise ParsingError("malformed start line or header") from error

    def cut_short(self) -> None:
        """Make the request one that can be answered as far as it has come."""
        self.complete = None
        if not self.headers_finished:
            self.error = IncompleteHead("the head is incomplete")


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection of a server that has a `record` and a `budget` and says whether it is `draining` or `full`."""

    task_class = Task
    error_task_class = UnreadableTask

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._opened = self._arrived = CLOCK()
        # Whether a request has ever begun.
        self._used = False
        super().__init__(*args, **kwargs)

    def parser_class(self, adj: Adjustments) -> Parser:
        """Return what reads the next request."""
        return Parser(adj, lambda: self._arrived)

    def received(self, data: bytes) -> bool:
        """Take bytes."""
        self._used = self._used or bool(data.strip())
        waited = _waited(self.socket)
        self._arrived = CLOCK() - waited
        if waited > _VENDORS_PATIENCE and _next_byte(self.socket) == b"":
            # Nobody is there to answer, and others wait.
            self.will_close = True
            return False
        taken: bool = super().received(data)
        return taken

    def service(self) -> None:
        """Answer the first request."""
        request, began = self.requests[0], CLOCK()
        brief = request.shed and not request.error and self.server.is_webhook(request)
        self.task_class = BriefTask if brief else Task
        if not request.shed and request.complete is not None:
            self.server.metrics.waited(began - request.complete)
        super().service()
        if not request.shed:
            self.server.task_dispatcher.took(CLOCK() - began)

    def add_channel(self, map: dict[int, Any] | None = None) -> None:
        """Be one of the server's connections."""
        super().add_channel(map)
        self.server.opened(self)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:
        """Be none of them any more."""
        self.server.closing(self)
        super().del_channel(map)

    @property
    def quiet(self) -> bool:
        """Whether nothing is going on until the caller sends another request."""
        ending = self.will_close or self.close_when_flushed
        return self._used and not (ending or self.requests or self.total_outbufs_len or self.unfinished)

    @property
    def unfinished(self) -> Parser | None:
        """The request that is still coming in and can be answered."""
        if self.request is None or not self.request.begun or self.will_close or self.close_when_flushed:
            return None
        unfinished: Parser = self.request
        return unfinished

    @property
    def overdue(self) -> bool:
        """Whether the first of the requests that wait for their answer is out of time."""
        return bool(self.requests) and self.server.budget.left(self.requests[0].arrival) <= 0

    def keep_time(self) -> None:
        """Have a request answered that is out of time before it is complete; close if there never was one."""
        unfinished = self.unfinished
        if unfinished and self.server.budget.left(unfinished.arrival) <= 0:
            self._cut_short(unfinished)
        # A busy loop may not have come to what is there.
        elif not self._used and CLOCK() > self._opened + self._silence and not _next_byte(self.socket):
            self.will_close = True

    @property
    def _silence(self) -> float:
        return _LINGER if self.server.full else _SILENCE

    def _cut_short(self, request: Parser) -> None:
        with self.requests_lock:
            # A thread may just have given the connection's last answer.
            if self.unfinished is not request:
                return
            request.cut_short()
            self.request = None
            self.requests.append(request)
            # Otherwise the thread that answers the one before goes on with this.
            if len(self.requests) == 1:
                self.server.add_task(self)

    @property
    def busy(self) -> bool:
        """Whether an answer is owed: a request comes in, waits, is answered, or its answer is yet to be sent."""
        return bool(self.requests or self.unfinished or self.total_outbufs_len or self._expected)

    @property
    def _expected(self) -> bool:
        # Nobody connects to say nothing.
        return not self._used and CLOCK() < self._opened + _LINGER
