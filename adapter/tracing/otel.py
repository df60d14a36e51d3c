"""Tracing by OpenTelemetry: recorded by its SDK, sent by OTLP over gRPC, away from the webhooks."""

import threading
import time
from collections.abc import Callable, Mapping
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
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapter.tracing.span import NO_SPAN, Metadata, NoSpan, Span, Value

_W3C: Final = TraceContextTextMapPropagator()
_HEADERS: Final = ("traceparent", "tracestate")
_LAST: Final = 2.0  # seconds at the end for what is still to be sent


class RecordedSpan:
    """A step that will be sent."""

    recording = True

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer = tracer
        self._span = span
        context = span.get_span_context()
        self.trace_id = trace.format_trace_id(context.trace_id)
        self.span_id = trace.format_span_id(context.span_id)

    @property
    def metadata(self) -> Metadata:
        """See Span."""
        return _metadata(self._span)

    def call(self, method: str) -> Span:
        """See Span."""
        parent = trace.set_span_in_context(self._span, Context())
        known = {"rpc.system.name": "grpc", "rpc.method": method}
        return RecordedSpan(self._tracer, self._tracer.start_span(method, parent, trace.SpanKind.CLIENT, known))

    def note(self, attributes: Mapping[str, Value]) -> None:
        """See Span."""
        self._span.set_attributes(attributes)

    def fail(self, why: str) -> None:
        """See Span."""
        self._span.set_attribute("error.type", why)
        self._span.set_status(trace.StatusCode.ERROR)

    def __enter__(self) -> Self:
        """See Span."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it. What an exception says may hold anything, so it stays out."""
        self._span.end()


class OpenTelemetry:
    """Records a share of the webhooks; with `trusting`, their headers may name a trace, and whether it is recorded."""

    def __init__(self, sample: float, *, trusting: bool) -> None:
        """Where to send, and how, say the OTEL_EXPORTER_OTLP_... variables. Raises ValueError for bad ones."""
        self._trusting = trusting
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)), resource=_resource(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("topic-gate", version("topic-gate"))

    def webhook(self, path: str, waited: float, header: Callable[[str], str | None]) -> Span:
        """See Tracing."""
        span = self._tracer.start_span(
            f"POST {path}",
            self._parent(header),
            trace.SpanKind.SERVER,
            {"http.request.method": "POST", "url.scheme": "http", "url.path": path, "http.route": path},
            start_time=time.time_ns() - int(waited * 1e9),
        )
        if span.is_recording():
            return RecordedSpan(self._tracer, span)
        # Most are not, and their steps need none of the SDK. The decider learns that, and does not record them either.
        known = span.get_span_context()
        return NoSpan(trace.format_trace_id(known.trace_id), _metadata(span)) if known.is_valid else NO_SPAN

    def _parent(self, header: Callable[[str], str | None]) -> Context:
        if not self._trusting:
            return Context()
        return _W3C.extract({name: value for name in _HEADERS if (value := header(name))}, Context())

    def close(self) -> None:
        """Send what there is, for two seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(_LAST)
        if ending.is_alive():
            self._exporter.shutdown()


def _metadata(span: trace.Span) -> Metadata:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(span, Context()))
    return tuple(carrier.items())


def _resource() -> Resource:
    # What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say comes first.
    given = Resource.create()
    own = {"service.name": "adapter", "service.namespace": "topic-gate", "service.version": version("topic-gate")}
    unsaid = {name: value for name, value in own.items() if _is_unsaid(given.attributes.get(name))}
    return given.merge(Resource(unsaid))


def _is_unsaid(value: object) -> bool:
    return value is None or str(value).startswith("unknown_service")
