"""Waitress' connections, taught to keep the time of requests and to answer those they cannot read or wait for."""

import time
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error

from adapter.framing import read_head
from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.record import Call
from adapter.vendor.answer import answer_to, write_answer
from adapter.webhook import ARRIVAL, COMPLETE

# The clock of arrivals; the budget has to count by the same one.
CLOCK: Final = time.monotonic

# What waitress' own errors mean to the vendor, by their status; every other: not HTTP.
_ENDS: Final = {
    408: Outcome(Kind.REJECTED, Reason.INCOMPLETE_HTTP),
    413: Outcome(Kind.REJECTED, Reason.TOO_LARGE),
    431: Outcome(Kind.REJECTED, Reason.TOO_LARGE),
    500: Outcome(Kind.FALLBACK_REFUSED, Cause.BUG),
}
_NOT_HTTP: Final = Outcome(Kind.REJECTED, Reason.MALFORMED_HTTP)

# Seconds that a new connection's first request may be on its way when there is reason to be quick: at the end, and
# when there is no room for further connections.
_LINGER: Final = 0.2

# Seconds after which a connection that never began a request is closed; the vendor gives up after 2, its connecting
# included. Far less than an idle connection gets between requests, for anyone can open many and say nothing.
_SILENCE: Final = 3.0


# On every answer: it is about one topic now, for the asker alone, and nothing but what its type says. What browsers
# need besides is for pages, and what says that a host is only to be reached over TLS is for what serves TLS.
_HEADERS: Final = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class IncompleteHead(Error):  # type: ignore[misc]
    """The head of a request did not come in whole in time."""

    code = 408
    reason = "Request Timeout"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """One request as it comes in."""

    # Waitress' own log lines name it, also of a request that has none.
    path = ""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.arrival = CLOCK()
        # When the last byte came; None: it has not.
        self.complete: float | None = None
        # Whether more than the blank lines is here that some callers send between requests.
        self.begun = False

    def received(self, data: bytes) -> int:
        """Take bytes and return how many of them belong to this request."""
        if not self.begun:
            self.arrival = CLOCK()
        consumed: int = super().received(data)
        self.begun = self.begun or self.headers_finished or bool(self.header_plus.strip())
        if self.completed:
            self.complete = CLOCK()
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


class Task(WSGITask):  # type: ignore[misc]
    """One request that the application answers."""

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment, with the times of the request's first and last byte in it."""
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVAL] = self.request.arrival
        environ[COMPLETE] = self.request.complete
        return environ

    def build_response_header(self) -> bytes:
        """Return the head of the answer, which says so when it is the connection's last."""
        self.response_headers.extend(_HEADERS)
        if self._is_last:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head

    @property
    def _is_last(self) -> bool:
        # What follows a request that was cut short is the rest of it, not another.
        stops = self.channel.server.draining and len(self.channel.requests) == 1
        return stops or self.request.complete is None


class UnreadableTask(ErrorTask):  # type: ignore[misc]
    """One request that waitress could not read, or (500) that the application did not survive."""

    def execute(self) -> None:
        """Answer in the vendor's JSON with HTTP 200: a 4xx or 5xx would, by its default, allow the topic."""
        outcome = _ENDS.get(self.request.error.code, _NOT_HTTP)
        body = write_answer(answer_to(outcome))
        self.response_headers.extend((("Content-Type", "application/json"), *_HEADERS))
        self.content_length = len(body)
        # Whatever else is on the connection may begin anywhere.
        self.set_close_on_finish()
        self.write(body)
        arrival = self.request.arrival
        self.channel.server.record.add(Call(arrival), outcome, CLOCK() - arrival)


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection of a server that has a `record` and a `budget` and says whether it is `draining` or `full`."""

    parser_class = Parser
    task_class = Task
    error_task_class = UnreadableTask

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._opened = CLOCK()
        # Whether a request has ever begun.
        self._used = False
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        """Take bytes."""
        self._used = self._used or bool(data.strip())
        taken: bool = super().received(data)
        return taken

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
        elif not self._used and CLOCK() > self._opened + self._silence:
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
