"""Writes the journal off the request path: a bounded queue and one thread."""

import queue
import threading
from dataclasses import dataclass
from enum import StrEnum

import structlog

from decider.journal.files import Sink
from decider.journal.mask import Mask
from decider.journal.record import Entry, to_line
from decider.metrics import Metrics

_log = structlog.get_logger(__name__)
_BATCH = 500  # lines in one write, so that a busy journal costs few system calls
_RETRY = 0.5  # seconds between tries to write while `wait` is set


class WhenFull(StrEnum):
    """What happens to an entry for which the queue has no room."""

    DROP = "drop"  # it is lost, and counted
    WAIT = "wait"  # the decision waits for room, at most `max_wait`; then it is lost, and counted


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the journal holds, and for how long it may hold things up, in seconds."""

    capacity: int
    when_full: WhenFull
    max_wait: float
    close_timeout: float = 5.0


class JournalWriter:
    """A journal that writes to a sink from a thread of its own. `close` writes what is queued."""

    def __init__(self, sink: Sink, mask: Mask, limits: Limits, metrics: Metrics) -> None:
        self._sink = sink
        self._mask = mask
        self._limits = limits
        self._metrics = metrics
        self._queue: queue.Queue[Entry | None] = queue.Queue(limits.capacity)
        self._closing = threading.Event()
        self._losing = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        metrics.journal_queue.set_function(self._queue.qsize)
        self._thread.start()

    def record(self, entry: Entry) -> None:
        """Queue an entry, or wait for room, or lose it, as the limits say."""
        wait = self._limits.when_full is WhenFull.WAIT
        try:
            self._queue.put(entry, block=wait, timeout=self._limits.max_wait if wait else None)
            self._losing = False
        except queue.Full:
            self._lose("queue_full", 1)
            if not self._losing:
                _log.warning("journal queue is full, entries are lost", capacity=self._limits.capacity)
            self._losing = True

    def close(self) -> None:
        """Write what is queued and end, within the close timeout."""
        self._closing.set()
        try:
            self._queue.put(None, timeout=self._limits.close_timeout)
            self._thread.join(self._limits.close_timeout)
        except queue.Full:
            pass
        if self._thread.is_alive():
            self._lose("closed", self._queue.qsize())
            _log.error("journal closed with entries unwritten", entries=self._queue.qsize())
            return
        self._sink.close()

    def _run(self) -> None:
        while True:
            entries = self._next_batch()
            lines = [line for entry in entries if entry is not None for line in self._line(entry)]
            if lines:
                self._write(lines)
            if None in entries:
                return

    def _next_batch(self) -> list[Entry | None]:
        entries = [self._queue.get()]
        while len(entries) < _BATCH and entries[-1] is not None:
            try:
                entries.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return entries

    def _line(self, entry: Entry) -> list[bytes]:
        try:
            return [to_line(entry, self._mask)]
        except Exception:
            self._lose("defect", 1)
            _log.exception("journal entry could not be written")
            return []

    def _write(self, lines: list[bytes]) -> None:
        last = self._limits.when_full is WhenFull.DROP
        while not self._try_write(lines):
            if last:
                self._lose("write_failed", len(lines))
                return
            last = self._closing.wait(_RETRY)

    def _try_write(self, lines: list[bytes]) -> bool:
        try:
            self._sink.write(b"".join(lines))
        except OSError as error:
            if not self._failing:
                _log.error("journal cannot be written", reason=str(error))
            self._failing = True
            return False
        if self._failing:
            _log.info("journal is written again")
        self._failing = False
        self._metrics.journal_written.inc(len(lines))
        return True

    def _lose(self, reason: str, count: int) -> None:
        self._metrics.journal_lost.labels(reason).inc(count)
