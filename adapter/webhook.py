"""The webhook: the fixed order of checks, and an answer whatever happens."""

from collections.abc import Mapping
from typing import Protocol

import falcon

from adapter.apps import App, OnFailure
from adapter.budget import Budget
from adapter.client import Decider
from adapter.errors import Rejected, Undecided
from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.record import Call, Record
from adapter.replays import Replays
from adapter.signature import Signatures
from adapter.tracing.span import Tracing
from adapter.vendor.answer import answer_to, write_answer
from adapter.vendor.body import command_of, has_command, read_body, read_event
from adapter.vendor.query import COMMAND, OTHER_COMMANDS, Query, read_query

# Where the server puts the times of a request's first and last byte into the WSGI environment; None for the last:
# the request ran out of time before it was complete.
ARRIVAL = "adapter.arrival"
COMPLETE = "adapter.complete"
# And whether it is answered where nothing may wait for the decider.
SHED = "adapter.shed"

# Bytes. The vendor's longest body is far below; whatever is over it is not the vendor's.
MAX_BODY = 65_536

_FALLBACKS = {
    OnFailure.ALLOW: Kind.FALLBACK_ALLOWED,
    OnFailure.REFUSE: Kind.FALLBACK_REFUSED,
}


class Body(Protocol):
    """The bytes of a webhook's body."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


class Webhook:
    """Answers one webhook after the other: always with HTTP 200 and always the vendor's JSON.

    To the vendor, any other answer, and none, is a failure, which by its default allows the topic.
    """

    def __init__(
        self,
        *,
        apps: Mapping[int, App],
        signatures: Signatures,
        replays: Replays,
        decider: Decider,
        budget: Budget,
        record: Record,
        tracing: Tracing,
        path: str,
    ) -> None:
        self._apps = apps
        # As text, so that an id has one spelling: no sign, no zeros or spaces around it, no other digits.
        self._ids = {str(app_id): app_id for app_id in apps}
        self._signatures = signatures
        self._replays = replays
        self._decider = decider
        self._budget = budget
        self._record = record
        self._tracing = tracing
        self._path = path

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one webhook."""
        now = self._budget.clock()
        arrival = req.env.get(ARRIVAL, now)
        with self._tracing.webhook(self._path, now - arrival, req.get_header) as span:
            call = Call(arrival, req.env.get(COMPLETE, now), shed=req.env.get(SHED, False), span=span)
            # For whoever has to log that this went wrong.
            req.context.call = call
            resp.content_type = falcon.MEDIA_JSON
            resp.data = self.answer(call, req.query_string, req.stream, req.content_length or 0)

    def answer(self, call: Call, query: str, body: Body, announced: int) -> bytes:
        """Return the body of the answer; `announced` is how many bytes the webhook's own body should have."""
        outcome = self._outcome(call, query, body, announced)
        answer = write_answer(answer_to(outcome))
        self._record.add(call, outcome, self._budget.spent(call.arrival))
        return answer

    def _outcome(self, call: Call, query: str, body: Body, announced: int) -> Outcome:
        try:
            return self._judge(call, query, _read(body, announced))
        except Rejected as error:
            return Outcome(Kind.REJECTED, error.reason, detail=error.detail)
        except Undecided as error:
            return Outcome(self._fallback(call), error.cause, detail=error.detail)
        except Exception:
            # The one place that may: a defect must not decide, least of all by a status of 500.
            self._record.bug(call)
            return Outcome(self._fallback(call), Cause.BUG)

    def _fallback(self, call: Call) -> Kind:
        if call.app_id is None:
            return Kind.FALLBACK_REFUSED
        return _FALLBACKS[self._apps[call.app_id].on_failure]

    def _judge(self, call: Call, given: str, raw: bytes) -> Outcome:
        query = read_query(given)
        if query.command is None:
            _complete(call)
            return _without_command(raw)
        app_id = call.app_id = self._configured(query.app_id)
        signed = self._signatures.verify(self._apps[app_id].secrets, query.sign, query.request_time)
        complete = _complete(call)
        if call.shed and query.command == COMMAND:
            # Before the body is looked at: this is for when there is no time.
            self._budget.for_decider(call.arrival, complete)  # says whose fault it is where none at all is left
            raise Undecided(Cause.OVERLOAD, "too many wait for a thread")
        body = read_body(raw)
        if command_of(body) != query.command:
            raise Rejected(Reason.COMMAND_MISMATCH)
        if query.command != COMMAND:
            return _other_command(query)
        event = read_event(query, body)
        if signed:
            # Only here: other commands may come far more often, and whoever sends them anew gains nothing.
            self._replays.count(app_id, query.sign, query.request_time)
        return self._decider.decide(
            event,
            app_id=app_id,
            signed=signed,
            request_id=call.request_id,
            timeout=self._budget.for_decider(call.arrival, complete),
            span=call.span,
        )

    def _configured(self, given: str) -> int:
        if given not in self._ids:
            raise Rejected(Reason.UNKNOWN_APP)
        return self._ids[given]


def _read(body: Body, announced: int) -> bytes:
    # The server has all there is of the body, also of one that comes in chunks without a length; of one that was
    # cut short, the length that it announced tells the size.
    raw = body.read(MAX_BODY + 1)
    if max(len(raw), announced) > MAX_BODY:
        raise Rejected(Reason.TOO_LARGE)
    return raw


def _complete(call: Call) -> float:
    # All that follows reads the body. The checks before need none of it, so that only a webhook that passes them
    # gets its app's on_failure.
    if call.complete is None:
        raise Undecided(Cause.SLOW_ARRIVAL, "the body did not come in whole")
    return call.complete


def _without_command(raw: bytes) -> Outcome:
    # The console's check of the URL. It may carry no app either, and no topic hangs on the answer.
    if raw and has_command(read_body(raw)):
        raise Rejected(Reason.COMMAND_MISMATCH)
    return Outcome(Kind.URL_CHECK)


def _other_command(query: Query) -> Outcome:
    # The vendor sends every webhook of an app to the one URL; only this one is ours to refuse.
    return Outcome(Kind.OTHER_COMMAND, query.command if query.command in OTHER_COMMANDS else "other")
