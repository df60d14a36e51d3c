"""The HTTP server: waitress, made to finish what it accepted before it stops."""

import select
import socket
import threading
from typing import Final
from wsgiref.types import WSGIApplication

from structlog.stdlib import BoundLogger
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from adapter.budget import Budget
from adapter.connection import CLOCK, Connection
from adapter.record import Record
from adapter.threads import Threads

_WAITRESS: Final = {
    # No Server header.
    "ident": None,
    # The application turns away over 64 KiB by itself and keeps the connection; this bounds what it is handed.
    "max_request_body_size": 1 << 20,
    "max_request_header_size": 1 << 16,
    # Below the usual limit of 1,024 open files; further connections wait in the backlog.
    "connection_limit": 900,
    # Longer than load balancers keep an idle connection, up to 600 s by default, so that it is never this side
    # that closes one just when a webhook is sent on it. One that never carried a request goes much sooner.
    "channel_timeout": 650,
    # select() knows no descriptor over 1,023.
    "asyncore_use_poll": True,
    # Nothing here reads the headers of proxies, and no proxy is trusted: they are gone before anything could.
    "clear_untrusted_proxy_headers": True,
    # A caller that hangs up is not news.
    "log_socket_errors": False,
}

# Seconds that one turn of the loop waits for something to happen, when serving, when there are as many connections
# as there may be, and when draining.
_IDLE: Final = 1.0
_FULL: Final = 0.1
_BRISK: Final = 0.02

# Seconds that the system's timer counts in; it rounds down, and waking too early is waking twice.
_TICK: Final = 0.001


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """The listening socket, its connections, and the threads that answer."""

    channel_class = Connection

    def __init__(
        self, app: WSGIApplication, bound: socket.socket, *, threads: int, record: Record, budget: Budget
    ) -> None:
        """`budget` counts by CLOCK."""
        self.record = record
        self.budget = budget
        # Whether answers say that they are their connection's last.
        self.draining = False
        adj = Adjustments(sockets=[bound], threads=threads, **_WAITRESS)
        where = (bound.family, bound.type, bound.proto, bound.getsockname())
        workers = Threads(threads)
        super().__init__(app, {}, _sock=bound, dispatcher=workers, adj=adj, sockinfo=where, bind_socket=False)

    @property
    def full(self) -> bool:
        """Whether there are as many connections as there may be."""
        # As waitress counts; it notes the outcome only in the middle of a turn.
        return bool(len(self._map) >= self.adj.connection_limit)

    def turn(self, wait: float) -> None:
        """Do what there is to do on the sockets, and what time asks for; wait up to `wait` seconds for it."""
        wasyncore.loop(min(wait, self._patience()), use_poll=True, map=self._map, count=1)
        for connection in list(self.active_channels.values()):
            connection.keep_time()
        self.task_dispatcher.hurry()

    def _patience(self) -> float:
        # Only what is yet to come in or to get a thread: the rest is in a thread's hands, and it keeps the time.
        incoming = [connection.unfinished for connection in self.active_channels.values()]
        arrivals = [request.arrival for request in incoming if request] + self.task_dispatcher.arrivals()
        most = _FULL if self.full else _IDLE
        return max(min([most, *map(self.budget.left, arrivals)]), 0) + _TICK

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
        self.task_dispatcher.shutdown(timeout=_IDLE)
        wasyncore.close_all(self._map, ignore_all=True)


class Server:
    """Serves from `run` until `stop`."""

    def __init__(self, listener: Listener, *, pause: float, drain: float, log: BoundLogger) -> None:
        """`pause` is for how many seconds after `stop` there is still service, `drain` how many finishing may take."""
        self._listener = listener
        self._pause = pause
        self._drain = drain
        self._log = log
        self._stopping = False
        self._closed = False
        self._waking = threading.Lock()

    def run(self) -> None:
        """Serve until `stop` is called and a little longer, then answer what was accepted, and return."""
        while not self._stopping:
            self._listener.turn(_IDLE)
        self._stay()
        self._finish()
        with self._waking:
            self._closed = True
            self._listener.close_all()

    def stop(self) -> None:
        """Make `run` return; from any thread or signal handler."""
        self._stopping = True
        with self._waking:  # what wakes the loop is gone once it has ended, which can be before it is woken
            if not self._closed:
                self._listener.pull_trigger()

    def _stay(self) -> None:
        # Whoever spreads the traffic takes a moment to learn of the end. Until then it comes here, and a connection
        # that is refused is an allowed topic.
        self._log.info("draining", pause=self._pause, drain=self._drain)
        self._listener.draining = True
        end = CLOCK() + self._pause
        while (left := end - CLOCK()) > 0:
            self._listener.turn(min(left + _TICK, _IDLE))

    def _finish(self) -> None:
        deadline = CLOCK() + self._drain
        self._listener.stop_accepting()
        # At least one turn, for what has arrived but was not read yet.
        self._listener.turn(0)
        while self._listener.owed():
            if CLOCK() > deadline:
                self._log.warning("stopped with requests unanswered", connections=self._listener.owed())
                return
            self._listener.turn(_BRISK)
