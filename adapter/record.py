"""What a webhook leaves behind: a count and a line in the log."""

import logging
import time
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from structlog.stdlib import BoundLogger

from adapter.metrics import Metrics
from adapter.outcome import Kind, Outcome
from adapter.quota import Quota
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
    """Counts and logs what became of webhooks. Never a token, a signature or a query string."""

    def __init__(self, metrics: Metrics, log: BoundLogger) -> None:
        self._metrics = metrics
        self._log = log
        self._quota = Quota(_LINES_A_SECOND, time.monotonic)

    def add(self, call: Call, outcome: Outcome, seconds: float) -> None:
        """Count and log one answer that took `seconds`."""
        self._metrics.count(call.app_id, outcome, seconds)
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
            request_id=call.request_id,
            ms=round(seconds * 1000, 1),
            **{name: value for name, value in known.items() if value},
        )

    def bug(self, call: Call) -> None:
        """Log the exception that is being handled, with its traceback."""
        self._log.exception("bug", app=call.app_id, request_id=call.request_id)
