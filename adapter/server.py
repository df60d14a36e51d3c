"""The HTTP server: serves until it is told to stop, and answers what it accepted before it does."""

import threading
from typing import Final

from structlog.stdlib import BoundLogger

from adapter.listener import IDLE, Listener
from adapter.task import CLOCK

# Seconds that one turn of the loop waits at most when there is little time.
_BRISK: Final = 0.02


class Server:
    """Serves from `run` until `stop`."""

    def __init__(self, listener: Listener, *, pause: float, drain: float, log: BoundLogger) -> None:
        """`pause` is for how many seconds after `stop` there is still service, `drain` how many finishing may take."""
        self._listener = listener
        self._pause = pause
        self._drain = drain
        self._log = log
        self._stopping = False
        self._closed = False
        self._waking = threading.Lock()

    def run(self) -> None:
        """Serve until `stop` is called and a little longer, then answer what was accepted, and return."""
        while not self._stopping:
            self._listener.turn(IDLE)
        self._stay()
        self._finish()
        with self._waking:
            self._closed = True
            self._listener.close_all()

    def stop(self) -> None:
        """Make `run` return; from any thread or signal handler."""
        self._stopping = True
        with self._waking:  # what wakes the loop is gone once it has ended, which can be before it is woken
            if not self._closed:
                self._listener.wake()

    def _stay(self) -> None:
        # Whoever spreads the traffic takes a moment to learn of the end. Until then it comes here, and a connection
        # that is refused is an allowed topic.
        self._log.info("draining", pause=self._pause, drain=self._drain)
        self._listener.draining = True
        end = CLOCK() + self._pause
        while (left := end - CLOCK()) > 0:
            self._listener.turn(min(left, IDLE))

    def _finish(self) -> None:
        deadline = CLOCK() + self._drain
        self._listener.stop_accepting()
        # At least one turn, for what has arrived but was not read yet.
        self._listener.turn(0)
        while self._listener.owed():
            if CLOCK() > deadline:
                self._log.warning("stopped with requests unanswered", connections=self._listener.owed())
                return
            self._listener.turn(_BRISK)
