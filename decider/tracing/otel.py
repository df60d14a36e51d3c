"""Tracing by OpenTelemetry: recorded by its SDK, sent by OTLP over gRPC, away from the calls."""

import threading
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from decider.tracing.context import TraceContext, read_context
from decider.tracing.span import NO_SPAN, Kind, NoSpan, Span, Value

_KINDS: Final = {
    Kind.SERVER: trace.SpanKind.SERVER,
    Kind.CLIENT: trace.SpanKind.CLIENT,
    Kind.INTERNAL: trace.SpanKind.INTERNAL,
}
_LAST: Final = 2.0  # seconds at the end for what is still to be sent


class RecordedSpan:
    """A step that will be sent. An exception ends gRPC's calls, too, whose status says more; other steps it fails."""

    recording = True

    def __init__(self, tracer: trace.Tracer, span: trace.Span, *, is_call: bool = False) -> None:
        self._tracer = tracer
        self._span = span
        self._is_judged = is_call
        context = span.get_span_context()
        self.trace_id = trace.format_trace_id(context.trace_id)
        self.span_id = trace.format_span_id(context.span_id)

    def step(self, name: str, kind: Kind = Kind.INTERNAL) -> Span:
        """See Span."""
        parent = trace.set_span_in_context(self._span, Context())
        return RecordedSpan(self._tracer, self._tracer.start_span(name, parent, _KINDS[kind]))

    def note(self, attributes: Mapping[str, Value]) -> None:
        """See Span."""
        self._span.set_attributes(attributes)

    def fail(self, why: str) -> None:
        """See Span."""
        self._is_judged = True
        self._span.set_attribute("error.type", why)
        self._span.set_status(trace.StatusCode.ERROR)

    def __enter__(self) -> Self:
        """See Span."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it. What an exception says may hold anything, so only its sort goes in."""
        if kind and not self._is_judged:
            self.fail(kind.__name__)
        self._span.end()


class OpenTelemetry:
    """Records a share of the calls that begin a trace, and those that belong to a trace that is recorded."""

    def __init__(self, sample: float) -> None:
        """Where to send, and how, say the OTEL_EXPORTER_OTLP_... variables. Raises ValueError for bad ones."""
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=_resource(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("topic-gate", version("topic-gate"))

    def call(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> Span:
        """See Tracing."""
        context = read_context(metadata)
        span = self._tracer.start_span(
            method,
            _parent(context) if context else Context(),
            trace.SpanKind.SERVER,
            {"rpc.system.name": "grpc", "rpc.method": method},
        )
        if span.is_recording():
            return RecordedSpan(self._tracer, span, is_call=True)
        # Most are not, and their steps need none of the SDK.
        known = span.get_span_context()
        return NoSpan(trace.format_trace_id(known.trace_id)) if known.is_valid else NO_SPAN

    def close(self) -> None:
        """Send what there is, for two seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(_LAST)
        if ending.is_alive():
            self._exporter.shutdown()


def _resource() -> Resource:
    # What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say comes first.
    given = Resource.create()
    own = {"service.name": "decider", "service.namespace": "topic-gate", "service.version": version("topic-gate")}
    unsaid = {name: value for name, value in own.items() if _is_unsaid(given.attributes.get(name))}
    return given.merge(Resource(unsaid))


def _is_unsaid(value: object) -> bool:
    return value is None or str(value).startswith("unknown_service")


def _parent(context: TraceContext) -> Context:
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if context.sampled else trace.TraceFlags.DEFAULT)
    state = trace.TraceState.from_header([context.state])
    remote = trace.SpanContext(int(context.trace_id, 16), int(context.span_id, 16), True, flags, state)
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), Context())
