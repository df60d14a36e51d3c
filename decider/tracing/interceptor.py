"""Puts each call's step around it, so that all that happens in between is a part of it, waits and refusals included."""

from collections.abc import Callable
from typing import Any, Final

import grpc

from decider.tracing.span import Span, Tracing, current_span

# Of the statuses, those that are the server's own fault.
_FAULTS: Final = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
# gRPC's own metadata: which attempt of the caller's this is, from the second on.
_ATTEMPTS: Final = "grpc-previous-rpc-attempts"


class Traced(grpc.ServerInterceptor):
    """Traces the calls to one service; the others, health and reflection, are nobody's business."""

    def __init__(self, tracing: Tracing, service: str) -> None:
        self._tracing = tracing
        self._prefix = f"/{service}/"

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Put the step around a method."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or not handler.unary_unary or not method.startswith(self._prefix):
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self._around(handler.unary_unary, method[1:]), handler.request_deserializer, handler.response_serializer
        )

    def _around(
        self, behaviour: Callable[[Any, grpc.ServicerContext], Any], method: str
    ) -> Callable[[Any, grpc.ServicerContext], Any]:
        def traced(request: Any, context: grpc.ServicerContext) -> Any:
            with self._tracing.call(method, context.invocation_metadata()) as span:
                token, returned = current_span.set(span), False
                try:
                    answer = behaviour(request, context)
                    returned = True
                    return answer
                finally:
                    current_span.reset(token)
                    if span.recording:
                        _note(span, context, _code(context, returned=returned))

        return traced


def _code(context: grpc.ServicerContext, *, returned: bool) -> grpc.StatusCode:
    ended: grpc.StatusCode | None = context.code()  # type: ignore[attr-defined]  # the stubs forget it
    if ended:
        return ended
    if not returned:
        return grpc.StatusCode.UNKNOWN  # what gRPC makes of an exception
    if context.is_active():
        return grpc.StatusCode.OK
    return grpc.StatusCode.CANCELLED if context.time_remaining() else grpc.StatusCode.DEADLINE_EXCEEDED


def _note(span: Span, context: grpc.ServicerContext, code: grpc.StatusCode) -> None:
    span.note({"rpc.response.status_code": code.name})
    for name, value in context.invocation_metadata():
        if name == _ATTEMPTS:
            span.note({"topic_gate.rpc.previous_attempts": str(value)})
    if code in _FAULTS:
        span.fail(code.name)
