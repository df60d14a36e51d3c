"""The log on standard error: one JSON object a line, or a form for people."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
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
_LIBRARIES: Final = 600.0


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
        logger_factory=structlog.PrintLoggerFactory(_Unfailing(stream)),  # type: ignore[arg-type]  # only prints
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(least, logging.INFO), force=True)


class _Unfailing:
    """A stream that loses lines when nobody reads it any more, or its disk is full: no line is worth a decision."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write, if that can be."""
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Have it written, if that can be."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class Patience:
    """Lets each subject through once in so many seconds: whatever fails may fail a thousand times a second."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._last: dict[Hashable, tuple[float, int]] = {}
        self._counting = threading.Lock()

    def take(self, subject: Hashable) -> dict[str, int] | None:
        """None: say nothing. Else what to say besides: how many lines were left out since the last one, if any."""
        with self._counting:
            until, left_out = self._last.get(subject, (0.0, 0))
            if self._clock() < until:
                self._last[subject] = until, left_out + 1
                return None
            self._last[subject] = self._clock() + self._seconds, 0
            return {"left_out": left_out} if left_out else {}


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
    """Has what libraries log written like our own lines; what one says at one place comes once in ten minutes."""

    def __init__(self) -> None:
        super().__init__()
        self._patience = Patience(_LIBRARIES)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        more = self._patience.take((record.pathname, record.lineno))
        if more is None:
            return
        # To send traces is nobody's duty: no verdict depends on it.
        level = min(record.levelno, logging.WARNING) if record.name.startswith("opentelemetry") else record.levelno
        try:
            message = record.getMessage()
        except Exception:  # as the logging of the standard library does: a line that is wrong ends nothing
            message = str(record.msg)
        structlog.get_logger().log(level, message, logger=record.name, exc_info=record.exc_info or None, **more)
