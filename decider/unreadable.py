"""Messages that cannot be read: turned away as invalid, before gRPC's own way leaves something behind."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

_UNREADABLE: Final = object()


class UnreadableMessages(grpc.ServerInterceptor):
    """Answers INVALID_ARGUMENT to a call whose message is not of the contract.

    When gRPC itself fails to read one, it answers INTERNAL, as though the defect were ours, and does not let go of the
    call's stream. After as many such calls as it may have streams, a connection takes no more; each keeps some 8 KB.
    """

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Have a method's message read so that failing is no error of gRPC's."""
        handler = continuation(handler_call_details)
        if handler is None or handler.request_deserializer is None:
            return handler
        read, write = _reader(handler.request_deserializer), handler.response_serializer
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(_checked(handler.unary_unary), read, write)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(_checked(handler.unary_stream), read, write)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(_each_checked(handler.stream_stream), read, write)
        return handler


def _reader(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read_or_tell(message: bytes) -> Any:
        try:
            return read(message)
        except DecodeError:
            return _UNREADABLE

    return read_or_tell


def _checked(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(behaviour)  # with what says how gRPC shall call it
    def checked(request: Any, context: grpc.ServicerContext, *more: Any) -> Any:
        return behaviour(_check(request, context), context, *more)

    return checked


def _each_checked(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(behaviour)
    def checked(requests: Any, context: grpc.ServicerContext) -> Any:
        return behaviour((_check(request, context) for request in requests), context)

    return checked


def _check(request: Any, context: grpc.ServicerContext) -> Any:
    if request is _UNREADABLE:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the message cannot be read")
    return request
