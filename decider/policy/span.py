"""Spans of time as policies write them, such as 30s, 10m, 1h or 1d."""

import math
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_LONGEST = 366 * _SECONDS["d"]


def parse_span(text: str) -> int:
    """Seconds: at least 1, at most 366 days. Raises ValueError."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"'{text[:40]}' is not a span of time such as 30s, 10m, 1h, 1d or 1w")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not 1 <= seconds <= _LONGEST:
        raise ValueError(f"a span of time must be 1s to {_LONGEST // _SECONDS['d']}d, and this is {text}")
    return seconds


def in_short(seconds: float) -> str:
    """A span in its two largest units, rounded up, so that nobody comes back too early: `3h 20m`."""
    whole = max(1, math.ceil(seconds))
    for unit, size, smaller, step in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rounded = math.ceil(whole / step) * step
            if rounded != whole:  # which may have made it a larger unit
                return in_short(rounded)
            large, small = divmod(whole // step, size // step)
            return f"{large}{unit} {small}{smaller}" if small else f"{large}{unit}"
    return f"{whole}s"
