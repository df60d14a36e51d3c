"""Turns at deciding: how many calls are worked on at a time, however many are on their way."""

from collections.abc import Callable, Collection
from threading import Semaphore
from time import perf_counter
from typing import Any

import grpc

from decider.metrics import Metrics


class Turns(grpc.ServerInterceptor):
    """Lets `at_once` calls to some methods be worked on at a time; a call whose time is up is not.

    gRPC has a thread wait for each call's message, and for each message of a stream. Were there only as many threads
    as calls that are worked on, a few callers that begin calls and send nothing, paused in the midst of it or out of
    malice, would keep everybody else out. So there is a thread for every call that is taken, and turns behind them.
    """

    def __init__(self, methods: Collection[str], at_once: int, metrics: Metrics) -> None:
        self._metrics = metrics
        self._methods = methods
        self._turns = Semaphore(at_once)

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Put the wait for a turn before a method, and after its message has come."""
        handler = continuation(handler_call_details)
        if handler is None or not handler.unary_unary or handler_call_details.method not in self._methods:
            return handler
        return grpc.unary_unary_rpc_method_handler(
            self._in_turn(handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )

    def _in_turn(
        self, behaviour: Callable[[Any, grpc.ServicerContext], Any]
    ) -> Callable[[Any, grpc.ServicerContext], Any]:
        arrived = perf_counter()

        def in_turn(request: Any, context: grpc.ServicerContext) -> Any:
            if not self._turns.acquire(timeout=context.time_remaining()):
                self._metrics.shed("turn")
                context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "no turn came in time")
            try:
                if not context.is_active():
                    self._metrics.shed("gone")
                    context.abort(grpc.StatusCode.CANCELLED, "nobody waits for the answer any more")
                self._metrics.waited(perf_counter() - arrived)
                return behaviour(request, context)
            finally:
                self._turns.release()

        return in_turn
