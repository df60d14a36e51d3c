"""The log: one JSON object a line, or a readable form on a terminal."""

import logging
from typing import TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import Processor

_SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(level: str, stream: TextIO) -> BoundLogger:
    """Return the adapter's logger, and make every library's log lines look like its own.

    `level` is the name of one of `logging`'s levels in any case.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(stream)],
            foreign_pre_chain=_SHARED,
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # One line for each request that waits is most lines when there is least time to write them.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logger = structlog.wrap_logger(
        logging.getLogger("adapter"),
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
    )
    # Bound once here; as it comes, it would bind itself anew for every line, and for every question about its level.
    bound: BoundLogger = logger.bind()
    return bound


def _rendering(stream: TextIO) -> list[Processor]:
    # Plain tracebacks in both forms: the richer ones print local variables, and those hold tokens.
    if stream.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
