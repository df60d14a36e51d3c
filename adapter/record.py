"""What a webhook leaves behind: a count, a line in the log, and what is noted of it in its trace."""

import logging
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from structlog.stdlib import BoundLogger

from adapter.metrics import Metrics
from adapter.outcome import Kind, Outcome
from adapter.quota import Quota
from adapter.tracing.span import NO_SPAN, Span
from adapter.vendor.answer import answer_to


def _fresh_id() -> str:
    return token_hex(16)


@dataclass(slots=True)
class Call:
    """What is known so far of one webhook; checks add to it as they pass."""

    # When its first byte arrived, by the budget's clock.
    arrival: float
    # When its last byte did, by the same clock. None: it was cut short.
    complete: float | None = None
    # Whether the decider is not to be asked.
    shed: bool = False
    request_id: str = field(default_factory=_fresh_id)
    # Set once it is one of the configured apps.
    app_id: int | None = None
    # The step of answering it, in the trace that it belongs to.
    span: Span = NO_SPAN

    def ids(self) -> dict[str, str]:
        """Return what finds it in the log, here and at the decider."""
        ids = {"request_id": self.request_id, "trace_id": self.span.trace_id, "span_id": self.span.span_id}
        return {name: value for name, value in ids.items() if value}


# Allowed topics are most of the traffic and the least news; a fallback needs someone to look.
_LEVELS: Final = {
    Kind.ALLOWED: logging.DEBUG,
    Kind.FALLBACK_ALLOWED: logging.WARNING,
    Kind.FALLBACK_REFUSED: logging.WARNING,
}


# Of those that brought no verdict, for each app and reason: enough to see what happens. More than that come when there
# is least time to write them, and the metrics count every one.
_LINES_A_SECOND: Final = 100


class Record:
    """Counts, logs and notes what became of webhooks. Never a token, a signature or a query string."""

    def __init__(self, metrics: Metrics, log: BoundLogger) -> None:
        self._metrics = metrics
        self._log = log
        self._quota = Quota(_LINES_A_SECOND, time.monotonic)

    def add(self, call: Call, outcome: Outcome, seconds: float) -> None:
        """Count and log one answer that took `seconds`."""
        self._metrics.count(call.app_id, outcome, seconds)
        if call.span.recording:
            _note(call, outcome)
        level = _LEVELS.get(outcome.kind, logging.INFO)
        if self._log.isEnabledFor(level):
            self._write(level, call, outcome, seconds)

    def _write(self, level: int, call: Call, outcome: Outcome, seconds: float) -> None:
        left_out = None
        if outcome.kind not in (Kind.ALLOWED, Kind.REFUSED):
            left_out = self._quota.take((call.app_id, outcome.kind, outcome.reason))
            if left_out is None:
                return
        known = {
            "reason": outcome.reason,
            "rule": outcome.rule_id,
            "decision_id": outcome.decision_id,
            "detail": outcome.detail,
            "left_out": left_out,
        }
        self._log.log(
            level,
            "answered",
            app=call.app_id,
            outcome=outcome.kind.value,
            code=answer_to(outcome).code,
            **call.ids(),
            ms=round(seconds * 1000, 1),
            **{name: value for name, value in known.items() if value},
        )

    def bug(self, call: Call) -> None:
        """Log the exception that is being handled, with its traceback."""
        self._log.exception("bug", app=call.app_id, **call.ids())


def _note(call: Call, outcome: Outcome) -> None:
    known = {
        "topic_gate.app_id": call.app_id,
        "topic_gate.reason": outcome.reason,
        "topic_gate.rule_id": outcome.rule_id,
        "topic_gate.decision_id": outcome.decision_id,
    }
    call.span.note(
        {
            "http.response.status_code": 200,
            "topic_gate.request_id": call.request_id,
            "topic_gate.outcome": outcome.kind.value,
            "topic_gate.code": answer_to(outcome).code,
            **{name: value for name, value in known.items() if value},
        }
    )
    if outcome.kind in (Kind.FALLBACK_ALLOWED, Kind.FALLBACK_REFUSED):
        call.span.fail(outcome.reason)
