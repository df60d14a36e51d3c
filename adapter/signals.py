"""The signals that ask a process to end."""

import signal
from collections.abc import Callable
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGINT)


def on_signals(stop: Callable[[], None]) -> Callable[[], bool]:
    """Make the first SIGTERM or SIGINT call `stop`, and the second end the process at once.

    Returns a function that tells whether there was one. Only the main thread may call this.
    """
    seen = []

    def handle(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        for each in _ENDING:
            signal.signal(each, signal.SIG_DFL)
        stop()

    for each in _ENDING:
        signal.signal(each, handle)
    return lambda: bool(seen)
