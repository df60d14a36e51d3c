"""An OTLP collector: a gRPC server that keeps the spans it is sent, and one that makes trouble."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as rpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2
from processes import TIMEOUT, eventually


@dataclass(frozen=True)
class Span:
    """One span, read off the wire; `service` is whose it is."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: str
    attributes: dict[str, object]
    failed: bool
    start: int
    end: int


class Collector(rpc.TraceServiceServicer):
    """Keeps every span; `answer` runs before each answer."""

    def __init__(self, answer: Callable[[grpc.ServicerContext], None] = lambda context: None) -> None:
        self.spans: list[Span] = []
        self.headers: list[dict[str, str | bytes]] = []
        self._answer = answer
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        rpc.add_TraceServiceServicer_to_server(self, self._server)
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Export(
        self, request: otlp.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> otlp.ExportTraceServiceResponse:
        self.headers.append(dict(context.invocation_metadata()))
        for resource in request.resource_spans:
            service = _fields(resource.resource.attributes)["service.name"]
            self.spans += [_span(str(service), span) for scope in resource.scope_spans for span in scope.spans]
        self._answer(context)
        return otlp.ExportTraceServiceResponse()

    @contextmanager
    def only(self) -> Iterator[Callable[[int], list[Span]]]:
        """Forget the spans so far; gives what waits for so many, and returns all in the order of their beginning."""
        self.spans.clear()
        yield self._wait

    def _wait(self, count: int) -> list[Span]:
        eventually(lambda: len(self.spans) >= count, f"{count} spans")
        return sorted(self.spans, key=lambda span: span.start)

    def close(self) -> None:
        """End it."""
        self._server.stop(0).wait()


class Babbler:
    """Something else on the collector's port: answers with nonsense whatever it gets."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.callers = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection = self._listener.accept()[0]
                self.callers += 1
                with suppress(OSError), connection:
                    connection.sendall(b"\x00garbage\x1b[2J\xff" * 100)

    def close(self) -> None:
        """End it."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        service,
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        _fields(span.attributes),
        span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
    )


def _fields(attributes: "list[KeyValue]") -> dict[str, object]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, str(kind))
