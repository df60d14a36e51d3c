"""Heavy work on a thread beside the calls, so that they hardly notice it."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SWITCH_INTERVAL = 0.0005  # seconds; Python's own 5 ms, several times a call, would be felt


@contextmanager
def in_background() -> Iterator[None]:
    """Let other threads have Python's lock soon and often, and keep the garbage collector out of the way.

    A hundred thousand new objects would set it off again and again, and each full collection stops every thread for
    tens of milliseconds.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setswitchinterval(interval)
