"""Signals from the operator, taken on a thread of their own.

A handler would interrupt the main thread anywhere, also while it holds the lock of the event that the handler wants
to set. A thread that waits for signals may do what any thread may.
"""

import signal
import threading
from collections.abc import Callable

_STOP = {signal.SIGTERM, signal.SIGINT}


class Signals:
    """`stop` is set by the first SIGTERM or SIGINT and `at_once` by the second; SIGHUP calls `on_hangup`.

    To be made in the main thread before any other thread starts: they inherit that these signals are blocked.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.at_once = threading.Event()
        self.on_hangup: Callable[[], None] = lambda: None
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP | {signal.SIGHUP})
        threading.Thread(target=self._run, name="signals", daemon=True).start()

    def _run(self) -> None:
        while True:
            if signal.sigwait(_STOP | {signal.SIGHUP}) == signal.SIGHUP:
                self.on_hangup()
            else:
                (self.at_once if self.stop.is_set() else self.stop).set()
