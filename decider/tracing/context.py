"""The W3C trace context that callers send along: which trace a call belongs to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_SAMPLED: Final = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The caller's own step, in lower-case hexadecimal digits; `state` is what tracing systems keep for themselves."""

    trace_id: str
    span_id: str
    sampled: bool
    state: str = ""


def read_context(metadata: Iterable[tuple[str, str | bytes]]) -> TraceContext | None:
    """The trace context in a call's metadata; None where there is none, or none of that form.

    https://www.w3.org/TR/trace-context/: a later version may add something at the end, and zeros name nothing.
    """
    found: dict[str, list[str]] = {"traceparent": [], "tracestate": []}
    for name, value in metadata:
        if name in found and isinstance(value, str):
            found[name].append(value)
    match = _FORM.fullmatch(found["traceparent"][0]) if len(found["traceparent"]) == 1 else None
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & _SAMPLED), ",".join(found["tracestate"]))
