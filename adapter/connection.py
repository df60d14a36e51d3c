"""Waitress' connections, taught to note when a request arrived and to answer what they cannot read."""

import time
from typing import Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask

from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.record import Call
from adapter.vendor.answer import answer_to, write_answer
from adapter.webhook import ARRIVAL

# The clock of arrivals; the budget has to count by the same one.
CLOCK: Final = time.monotonic

# What waitress' own errors mean to the vendor, by their status; every other: not HTTP.
_ENDS: Final = {
    413: Outcome(Kind.REJECTED, Reason.TOO_LARGE),
    431: Outcome(Kind.REJECTED, Reason.TOO_LARGE),
    500: Outcome(Kind.FALLBACK_REFUSED, Cause.BUG),
}
_NOT_HTTP: Final = Outcome(Kind.REJECTED, Reason.MALFORMED_HTTP)

# Seconds that a new connection's first request may be on its way.
_LINGER: Final = 0.2


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """One request as it comes in."""

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        # Waitress makes a parser when it has a request's first byte.
        self.arrival = CLOCK()

    def parse_header(self, header_plus: bytes) -> None:
        """Parse, and make an error with an answer of what waitress would hang up on without one."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("malformed start line or header") from error


class Task(WSGITask):  # type: ignore[misc]
    """One request that the application answers."""

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment, with the request's time of arrival in it."""
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVAL] = self.request.arrival
        return environ

    def build_response_header(self) -> bytes:
        """Return the head of the answer, which says so when it is the connection's last."""
        if self.channel.server.draining and len(self.channel.requests) == 1:
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class UnreadableTask(ErrorTask):  # type: ignore[misc]
    """One request that waitress could not read, or (500) that the application did not survive."""

    def execute(self) -> None:
        """Answer in the vendor's JSON with HTTP 200: a 4xx or 5xx would, by its default, allow the topic."""
        outcome = _ENDS.get(self.request.error.code, _NOT_HTTP)
        body = write_answer(answer_to(outcome))
        self.response_headers.append(("Content-Type", "application/json"))
        self.content_length = len(body)
        # Whatever else is on the connection may begin anywhere.
        self.set_close_on_finish()
        self.write(body)
        arrival = self.request.arrival
        self.channel.server.record.add(Call(arrival), outcome, CLOCK() - arrival)


class Connection(HTTPChannel):  # type: ignore[misc]
    """One connection of a server that has a `record` and says whether it is `draining`."""

    parser_class = Parser
    task_class = Task
    error_task_class = UnreadableTask

    @property
    def busy(self) -> bool:
        """Whether an answer is owed: a request comes in, waits, is answered, or its answer is yet to be sent."""
        return bool(self.requests or self.request is not None or self.total_outbufs_len or self._expected)

    @property
    def _expected(self) -> bool:
        # Nobody connects to say nothing.
        return bool(self.last_activity == self.creation_time and time.time() < self.creation_time + _LINGER)
