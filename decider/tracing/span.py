"""Traces: the steps of a call, for whoever looks into it later. Here is what is asked of them; off, it is next to none.

Everything of OpenTelemetry is in `decider.tracing.otel`, which is imported only where tracing is on.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol, Self

Value = str | int | bool | Sequence[str]


class Kind(StrEnum):
    """What a step is to others."""

    SERVER = "server"  # somebody asked for it
    CLIENT = "client"  # it asks somebody else
    INTERNAL = "internal"


class Content(StrEnum):
    """What of a request may stand in traces."""

    OPERATOR = "operator"
    NAME = "name"


class Span(Protocol):
    """One step; it begins when it is made and ends with its `with` block."""

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits; empty: the call belongs to no trace."""

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits; empty: it is no step of a trace."""

    @property
    def recording(self) -> bool:
        """Whether anybody will see what is noted."""

    def step(self, name: str, kind: Kind = Kind.INTERNAL) -> "Span":
        """Begin a step of this one."""

    def note(self, attributes: Mapping[str, Value]) -> None:
        """Say something about it. Never a token, a signature, or what the settings do not let out."""

    def fail(self, why: str) -> None:
        """Mark it as failed, by one of few reasons."""

    def __enter__(self) -> Self:
        """Go through it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""


class Tracing(Protocol):
    """Begins traces, or goes on with those of callers."""

    def call(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> Span:
        """Begin the step of working on a call, `method` as in decider.v1.DeciderService/GetPolicy."""

    def close(self) -> None:
        """Send what there is, for a bounded time."""


@dataclass(frozen=True, slots=True)
class NoSpan:
    """A step that nobody records, of the trace that its caller named, if any."""

    trace_id: str = ""
    span_id: str = ""
    recording: bool = False

    def step(self, name: str, kind: Kind = Kind.INTERNAL) -> "NoSpan":
        """The steps of it are recorded as little."""
        return self

    def note(self, attributes: Mapping[str, Value]) -> None:
        """Forget it."""

    def fail(self, why: str) -> None:
        """Forget it."""

    def __enter__(self) -> Self:
        """Go through it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left to do."""


NO_SPAN: Final = NoSpan()

# What the service is called in, by gRPC; None: tracing is off.
current_span: Final[ContextVar[Span | None]] = ContextVar("current_span", default=None)
