"""Threads of their own for calls that keep one for long, so that short ones never wait behind them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Final, NoReturn

import grpc

from decider.metrics import Metrics
from decider.threads import Threads

# Each of a batch's items takes as long as a call, and Python works on one at a time: two batches at once already make
# every single call take three times as long.
_BATCHES_AT_ONCE: Final = 2
# Working these off takes seconds as it is.
_BATCHES: Final = 8
# A stream keeps its thread for as long as its caller likes. Only reflection has them, for people with a tool.
_STREAMS: Final = 4
# Seconds that a thread for every other call is kept while it has none to work on.
_IDLE: Final = 5.0

_BATCH: Final = "/decider.v1.DeciderService/BatchDecideTopicCreation"
# The health service's one stream takes no thread.
_WITHOUT_THREAD: Final = "/grpc.health.v1.Health/"


class Lane(ThreadPoolExecutor):
    """Threads for one sort of call, and how many of them may be under way, those that wait for a thread included."""

    def __init__(self, name: str, *, threads: int, most: int) -> None:
        super().__init__(threads, thread_name_prefix=name)
        self.name = name
        self._most = most
        self.calls = 0
        self._counting = Lock()

    @property
    def full(self) -> bool:
        """Whether no further call may come in."""
        return self.calls >= self._most

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a call worked on."""
        with self._counting:
            self.calls += 1
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any]) -> None:
        with self._counting:
            self.calls -= 1


class Lanes(grpc.ServerInterceptor):
    """Sends batches and streams to lanes of their own; has to be the first of the interceptors.

    A call for which there is no room ends with RESOURCE_EXHAUSTED.
    """

    def __init__(self, metrics: Metrics, most: int) -> None:
        """`most` is how many calls the server takes at a time."""
        self._metrics = metrics
        self._most = most
        # Every other call.
        self.rest = Threads("rpc", most, _IDLE)
        self._batches = Lane("batches", threads=_BATCHES_AT_ONCE, most=_BATCHES)
        self._streams = Lane("streams", threads=_STREAMS, most=_STREAMS)
        metrics.calls_in_flight.set_function(self._calls)

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Choose where a call is worked on. All calls come through here one after the other."""
        handler = continuation(handler_call_details)
        if handler is not None and self._calls() >= self._most:
            # gRPC turns it away by itself, and tells nobody. It lets go of a call a little later than a lane does, so
            # that some are missed.
            self._metrics.shed("calls")
            return handler
        lane = self._lane(handler, handler_call_details.method)
        if handler is None or lane is None:
            return handler
        if lane.full:
            return grpc.stream_stream_rpc_method_handler(self._turned_away(lane))
        # gRPC's own way to say so; there is no other.
        _behaviour(handler).experimental_thread_pool = lane
        return handler

    def _calls(self) -> int:
        return self.rest.calls + self._batches.calls + self._streams.calls

    def _lane(self, handler: "grpc.RpcMethodHandler[Any, Any] | None", method: str) -> Lane | None:
        if method == _BATCH:
            return self._batches
        streams = handler is not None and (handler.request_streaming or handler.response_streaming)
        return self._streams if streams and not method.startswith(_WITHOUT_THREAD) else None

    def _turned_away(self, lane: Lane) -> Callable[[Any, grpc.ServicerContext], NoReturn]:
        # As a stream, so that it does not wait for a request first.
        def behaviour(requests: Any, context: grpc.ServicerContext) -> NoReturn:
            self._metrics.shed(lane.name)
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"too many {lane.name} at once")
            raise AssertionError("abort raises")

        return behaviour


def _behaviour(handler: "grpc.RpcMethodHandler[Any, Any]") -> Any:
    return handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
