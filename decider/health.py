"""The standard health service, which callers watch to know where to send their calls."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2

# A thread is busy for as long as it takes to write one status. Only a caller that takes nothing in keeps one, and
# there should be some for the others then.
_SENDERS: Final = 16

_Send = Callable[[Any], object]


class Health(health.HealthServicer):
    """The library's health service, with the statuses of its watches sent from other threads.

    The library sends one while it holds its lock, and waits until it is sent. Whoever ends a watch meanwhile has the
    server's one thread for events wait for that lock, so that it never learns that the status was sent: from then on
    nothing is served at all (grpc/grpc#43403). One caller that connects anew while another leaves is enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="health")

    def Watch(  # type: ignore[override]  # gRPC calls it in this way only
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext, send_response_callback: _Send
    ) -> None:
        """Tell the status of a service, and each change of it, until the caller leaves."""
        super().Watch(request, context, _Statuses(self._senders, send_response_callback))


class _Statuses:
    """Sends the statuses of one watch, one after the other; of those that wait, only the newest."""

    def __init__(self, senders: ThreadPoolExecutor, send: _Send) -> None:
        self._senders = senders
        self._send = send
        self._sending = Lock()
        self._newest: deque[Any] = deque(maxlen=1)

    def __call__(self, status: health_pb2.HealthCheckResponse | None) -> None:
        """Have a status sent; None: the watch is over."""
        self._newest.append(status)
        self._senders.submit(self._send_newest)

    def _send_newest(self) -> None:
        with self._sending:
            while self._newest:
                self._send(self._newest.popleft())
