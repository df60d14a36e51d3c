"""One request answered: by the application, by the webhook alone, or for it, when it cannot be read."""

import time
from functools import lru_cache
from typing import Any, Final

from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.record import Call
from adapter.vendor.answer import answer_to, write_answer
from adapter.webhook import ARRIVAL, COMPLETE, SHED

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

# On every answer: it is about one topic now, for the asker alone, and nothing but what its type says. What browsers
# need besides is for pages, and what says that a host is only to be reached over TLS is for what serves TLS.
_HEADERS: Final = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class Task(WSGITask):  # type: ignore[misc]
    """One request that the application answers."""

    wrote_header: bool

    def get_environment(self) -> dict[str, Any]:
        """Return the WSGI environment, with the times of the request's first and last byte in it."""
        environ: dict[str, Any] = super().get_environment()
        environ[ARRIVAL] = self.request.arrival
        environ[COMPLETE] = self.request.complete
        environ[SHED] = self.request.shed
        return environ

    def write(self, data: bytes) -> None:
        """Send head and body in one piece where there is only one: that is one packet, and one system call."""
        whole = not self.wrote_header and self.has_body and self.content_length == len(data)
        if not whole:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)

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


class BriefTask(Task):
    """One webhook that is answered without the decider, and without what lies between it and the socket.

    It is for when there is no time for more.
    """

    complete = True

    def execute(self) -> None:
        """Answer as the webhook alone does."""
        request = self.request
        call = Call(request.arrival, request.complete, shed=True)
        body = self.channel.server.webhook.answer(
            call, request.query, request.get_body_stream(), request.content_length
        )
        if self._is_last or self.version == "1.0" or "CONNECTION" in request.headers:
            self.response_headers.append(("Content-Type", "application/json"))
            self.content_length = len(body)
            self.write(body)
        else:
            self.wrote_header = True
            self.channel.write_soon(_whole(body, int(self.start_time)))


@lru_cache(maxsize=16)
def _whole(body: bytes, now: int) -> bytes:
    """Return an answer after which the connection stays, head and all; most are the same within a second."""
    head = {
        **dict(_HEADERS),
        "Content-Length": len(body),
        "Content-Type": "application/json",
        "Date": build_http_date(now),
    }
    return "".join(["HTTP/1.1 200 OK\r\n", *(f"{k}: {v}\r\n" for k, v in head.items()), "\r\n"]).encode() + body


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
