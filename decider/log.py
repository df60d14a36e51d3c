"""The log on standard error: one JSON object a line, or a form for people."""

import logging
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


class Format(StrEnum):
    """What a line looks like."""

    AUTO = "auto"  # text on a terminal, JSON elsewhere
    JSON = "json"
    TEXT = "text"


# Which call the lines are about that are written in this context: its ids, by their names.
subject: Final[ContextVar[dict[str, str]]] = ContextVar("subject")

# Without the frames' variables: they hold user ids and names.
_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, use_rich=False)
)
# Seconds until a library may say again what it says at one place in its code.
_PATIENCE: Final = 600.0


def configure(level: str, form: Format = Format.AUTO, stream: TextIO = sys.stderr) -> None:
    """Log from `level` upwards, our own lines and those of libraries alike."""
    text = form is Format.TEXT or (form is Format.AUTO and stream.isatty())
    least = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            _ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if text else "iso", utc=not text),
            _name,
            *(_text(colors=stream.isatty()) if text else [_TRACEBACKS, structlog.processors.JSONRenderer()]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(least, logging.INFO), force=True)


def _ids(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return {**event, **{name: value for name, value in subject.get({}).items() if value}}


def _name(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event.setdefault("logger", "decider")
    return event


def _text(*, colors: bool) -> list[Processor]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=colors, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
    )
    return [structlog.processors.format_exc_info, _printable, renderer]


def _printable(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Escapes what a terminal would obey or show out of order: callers have a say in some values.

    Values that are no text are shown as `repr` has them, which does the same.
    """
    for name, value in event.items():
        if isinstance(value, str):
            # Only a traceback has lines, and each of them is seen to be one.
            lines = value.split("\n") if name == "exception" else [value]
            event[name] = "\n    ".join(map(_escaped, lines))
    return event


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class _Libraries(logging.Handler):
    """Has what libraries log written like our own lines.

    What one says at one place comes once in ten minutes, with the number of lines left out since: whatever fails
    may fail a thousand times a second.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._places: dict[tuple[str, int], tuple[float, int]] = {}
        self._counting = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        left_out = self._take((record.pathname, record.lineno))
        if left_out is None:
            return
        more = {"left_out": left_out} if left_out else {}
        # To send traces is nobody's duty: no verdict depends on it.
        level = min(record.levelno, logging.WARNING) if record.name.startswith("opentelemetry") else record.levelno
        structlog.get_logger().log(
            level, record.getMessage(), logger=record.name, exc_info=record.exc_info or None, **more
        )

    def _take(self, place: tuple[str, int]) -> int | None:
        with self._counting:
            until, left_out = self._places.get(place, (0.0, 0))
            if self._clock() < until:
                self._places[place] = until, left_out + 1
                return None
            self._places[place] = self._clock() + _PATIENCE, 0
            return left_out
