"""Traces: the steps of a webhook, for whoever looks into it later. Here is what is asked of them; off, it is nothing.

Everything of OpenTelemetry is in `adapter.tracing.otel`, which is imported only where tracing is on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

Value = str | int | bool
Metadata = tuple[tuple[str, str], ...]


class Span(Protocol):
    """One step; it begins when it is made and ends with its `with` block."""

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits; empty: it belongs to no trace."""

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits; empty: nobody will see it."""

    @property
    def recording(self) -> bool:
        """Whether anybody will see what is noted."""

    @property
    def metadata(self) -> Metadata:
        """What tells the other side of a call made in this step which trace it belongs to."""

    def call(self, method: str) -> "Span":
        """Begin the step of a call, `method` as in decider.v1.DeciderService/GetPolicy."""

    def note(self, attributes: Mapping[str, Value]) -> None:
        """Say something about it. Never a token, a signature, a query string, or what the vendor's users wrote."""

    def fail(self, why: str) -> None:
        """Mark it as failed, by one of few reasons."""

    def __enter__(self) -> Self:
        """Go through it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""


class Tracing(Protocol):
    """Begins traces."""

    def webhook(self, path: str, waited: float, header: Callable[[str], str | None]) -> Span:
        """Begin the step of answering a webhook whose first byte came `waited` seconds ago."""

    def close(self) -> None:
        """Send what there is, for a bounded time."""


@dataclass(frozen=True, slots=True)
class NoSpan:
    """A step that nobody records."""

    trace_id: str = ""
    metadata: Metadata = ()
    span_id: str = ""
    recording: bool = False

    def call(self, method: str) -> "NoSpan":
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
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing is left to do."""


NO_SPAN: Final = NoSpan()


class NoTracing:
    """Tracing that is off."""

    def webhook(self, path: str, waited: float, header: Callable[[str], str | None]) -> Span:
        """See Tracing."""
        return NO_SPAN

    def close(self) -> None:
        """Do nothing."""


NO_TRACING: Final = NoTracing()
