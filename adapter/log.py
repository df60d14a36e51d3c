"""The log: one JSON object a line, or a readable form on a terminal."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor, WrappedLogger

# What a line looks like; auto: text on a terminal, JSON elsewhere.
Format = Literal["auto", "json", "text"]

# Seconds until a library may say again what it says at one place in its code.
_PATIENCE: Final = 600.0


def configure(level: str, stream: TextIO, form: Format = "auto") -> BoundLogger:
    """Return the adapter's logger, and make every library's log lines look like its own.

    `level` is the name of one of `logging`'s levels in any case.
    """
    text = form == "text" or (form == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S.%f" if text else "iso", utc=not text),
    ]
    handler = logging.StreamHandler(stream)
    handler.addFilter(Patience(time.monotonic))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                *(_text(colors=stream.isatty()) if text else [structlog.processors.JSONRenderer()]),
            ],
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(["left_out"])],
        )
    )
    least = logging.getLevelNamesMapping()[level.upper()]
    # What libraries say at debug is about themselves, and a lot.
    logging.basicConfig(handlers=[handler], level=max(least, logging.INFO), force=True)
    logging.getLogger("adapter").setLevel(least)
    # One line for each request that waits is most lines when there is least time to write them.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logger = structlog.wrap_logger(
        logging.getLogger("adapter"),
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
    )
    # Bound once here; as it comes, it would bind itself anew for every line, and for every question about its level.
    bound: BoundLogger = logger.bind()
    return bound


def _text(*, colors: bool) -> list[Processor]:
    # Plain tracebacks in both forms: the richer ones print local variables, and those hold tokens.
    plain = structlog.dev.plain_traceback
    return [_printable, structlog.dev.ConsoleRenderer(colors=colors, sort_keys=False, exception_formatter=plain)]


def _printable(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Escape what a terminal would obey or show out of order: whoever connects has a say in some values.

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


class Patience(logging.Filter):
    """Lets through what a library says at one place once in ten minutes, with the number of lines left out since.

    Whatever fails may fail a thousand times a second. Our own lines are bounded where they are written.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._places: dict[tuple[str, int], tuple[float, int]] = {}
        self._counting = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a line. Those about sending traces are no errors: no answer depends on it."""
        if record.name == "adapter":
            return True
        left_out = self._take((record.pathname, record.lineno))
        if left_out:
            record.left_out = left_out
        if record.name.startswith("opentelemetry") and record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return left_out is not None

    def _take(self, place: tuple[str, int]) -> int | None:
        with self._counting:
            until, left_out = self._places.get(place, (0.0, 0))
            if self._clock() < until:
                self._places[place] = until, left_out + 1
                return None
            self._places[place] = self._clock() + _PATIENCE, 0
            return left_out
