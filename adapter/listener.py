"""The listening socket and the loop around it: waitress, taught who may wait and for how long."""

import select
import socket
import threading
from collections import deque
from typing import Any, Final
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from adapter.budget import Budget
from adapter.connection import Connection, Parser
from adapter.metrics import Metrics
from adapter.record import Record
from adapter.task import CLOCK
from adapter.threads import Threads
from adapter.watch import Watch
from adapter.webhook import Webhook

_WAITRESS: Final = {
    # No Server header.
    "ident": None,
    # The application turns away over 64 KiB by itself and keeps the connection; this bounds what it is handed.
    "max_request_body_size": 1 << 20,
    "max_request_header_size": 1 << 16,
    # As many as may connect before they are accepted: whoever finds no room here tries again only after a second.
    # The system may allow less (net.core.somaxconn).
    "backlog": 4096,
    # Longer than load balancers keep an idle connection, up to 600 s by default, so that it is never this side
    # that closes one just when a webhook is sent on it. One that never carried a request goes much sooner.
    "channel_timeout": 650,
    # Nothing here reads the headers of proxies, and no proxy is trusted: they are gone before anything could.
    "clear_untrusted_proxy_headers": True,
    # A caller that hangs up is not news.
    "log_socket_errors": False,
}

# Seconds that one turn of the loop waits for something to happen; and when there are as many connections as may be.
IDLE: Final = 1.0
_FULL: Final = 0.1

# Share of the time for an answer that may be gone when a thread takes a request up, as far as can be told. Were it
# more, then threads that slow down meanwhile would answer late; were it less, then a short rush would cost verdicts.
_PATIENCE: Final = 1 / 3

# Connections that are accepted in a row before others are read; waitress would take one in a turn.
_ACCEPTED: Final = 1000


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket, its connections, and the threads that answer.

    What needs no thread is answered in between, by the loop itself: requests that are out of time, and those that
    come while the queue for a thread is too long. Both ask nobody, and take little.
    """

    channel_class = Connection

    def __init__(
        self,
        app: WSGIApplication,
        bound: socket.socket,
        *,
        webhook: Webhook,
        path: str,
        threads: int,
        connections: int,
        record: Record,
        budget: Budget,
        metrics: Metrics,
    ) -> None:
        """`app` serves `webhook` on `path`; `connections` are the most at once; `budget` counts by CLOCK."""
        self.webhook = webhook
        self._path = path
        self.record = record
        self.budget = budget
        self.metrics = metrics
        # When the loop last turned.
        self.turned = CLOCK()
        # Whether answers say that they are their connection's last.
        self.draining = False
        adj = Adjustments(sockets=[bound], threads=threads, connection_limit=connections, **_WAITRESS)
        where = (bound.family, bound.type, bound.proto, bound.getsockname())
        workers = Threads(threads)
        # Connections with a request that is answered without a thread.
        self._own: deque[Connection] = deque()
        # Connections on which something is going on; the others wait for the next request.
        self._active: set[Connection] = set()
        self._loop = threading.get_ident()
        sockets: dict[int, Any] = {}
        self._watch = Watch(sockets)
        super().__init__(app, sockets, _sock=bound, dispatcher=workers, adj=adj, sockinfo=where, bind_socket=False)
        metrics.observe_server(
            connections=lambda: len(self.active_channels),
            busy=lambda: workers.active_count,
            queued=lambda: len(workers.queue),
            threads=threads,
        )

    @property
    def full(self) -> bool:
        """Whether there are as many connections as there may be."""
        # As waitress counts; it notes the outcome only in the middle of a turn.
        return bool(len(self._map) >= self.adj.connection_limit)

    def is_webhook(self, request: Parser) -> bool:
        """Whether a request is one for the webhook."""
        return bool(request.command == "POST" and request.path == self._path)

    def turn(self, wait: float) -> None:
        """Do what there is to do on the sockets, and what time asks for; wait up to `wait` seconds for it."""
        self._loop = threading.get_ident()
        self.turned = CLOCK()
        # Before they are asked: a thread that is done with one in between would leave it unwatched.
        quiet = [connection for connection in self._active if connection.quiet]
        self._watch.ask([self, self.trigger, *self._active])
        self._active.difference_update(quiet)
        news = self._watch.turn(min(wait, self._patience()))
        self._active.update(self.active_channels[number] for number in news if number in self.active_channels)
        for connection in self._active:
            connection.keep_time()
        for connection in self.task_dispatcher.late():
            self._shed(connection)
        # Not while they are read: waitress holds a lock then that answering needs.
        while self._own:
            self._answer(self._own.popleft())

    def _answer(self, connection: Connection) -> None:
        try:
            connection.service()
        except Exception:
            # As waitress' threads do: one connection must not end the others.
            self.logger.exception("a request could not be answered")
            connection.will_close = True

    def opened(self, connection: Connection) -> None:
        """Note a new connection."""
        self._active.add(connection)

    def closing(self, connection: Connection) -> None:
        """Let go of a connection whose descriptor is still open."""
        self._active.discard(connection)
        self._watch.forget(connection._fileno)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:
        """Let go of the listening socket."""
        self._watch.forget(self._fileno)
        super().del_channel(map)

    def maintenance(self, now: float) -> None:
        """Close connections that were idle for long."""
        super().maintenance(now)
        self._active.update(self.active_channels.values())

    def pull_trigger(self) -> None:
        """Wake the loop, unless it is the loop that asks."""
        if threading.get_ident() != self._loop:
            super().pull_trigger()

    def wake(self) -> None:
        """Wake the loop, also from a signal handler, which runs in the loop's own thread."""
        self.trigger.pull_trigger()

    def handle_accept(self) -> None:
        """Accept what has connected."""
        for _ in range(_ACCEPTED):
            before = len(self._map)
            super().handle_accept()
            if len(self._map) == before or self.full:
                break

    def add_task(self, task: Connection) -> None:
        """Have the first request of a connection answered."""
        request = task.requests[0]
        if task.overdue or self._waits_too_long(request):
            self._shed(task)
        else:
            super().add_task(task)

    def _shed(self, connection: Connection) -> None:
        connection.requests[0].shed = True
        self._own.append(connection)

    def _waits_too_long(self, request: Parser) -> bool:
        # The time before it was read, too: when the loop itself falls behind, it is the threads that have to make
        # way, for what they do only makes some answers better, and what the loop does makes all of them.
        waited = self.budget.spent(request.complete or request.arrival)
        wait: float = waited + self.task_dispatcher.wait
        return wait > (self.budget.total - self.budget.reserve) * _PATIENCE

    def _patience(self) -> float:
        # Only what is yet to come in or to get a thread: the rest is in a thread's hands, and it keeps the time.
        incoming = [connection.unfinished for connection in self._active]
        arrivals = [request.arrival for request in incoming if request] + self.task_dispatcher.arrivals()
        most = _FULL if self.full else IDLE
        return max(min([most, *map(self.budget.left, arrivals)]), 0)

    def stop_accepting(self) -> None:
        """Accept what has already connected, then close the listening socket; connections live on."""
        queue = select.poll()
        queue.register(self.socket, select.POLLIN)
        # Bounded, for callers may connect faster than they are accepted.
        for _ in range(self.adj.backlog):
            if not queue.poll(0):
                break
            self.handle_accept()
        # Not self.close(), which would also close the pipe by which the threads wake the loop.
        wasyncore.dispatcher.close(self)

    def owed(self) -> int:
        """Return on how many connections an answer is yet to be given."""
        return sum(connection.busy for connection in self.active_channels.values())

    def close_all(self) -> None:
        """End the threads and close every connection."""
        self.task_dispatcher.shutdown(timeout=IDLE)
        wasyncore.close_all(self._map, ignore_all=True)
        self._watch.close()
