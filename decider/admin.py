"""The admin port: metrics and probes for the inside, which no client of it can hold up for the others."""

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock, Semaphore, Thread
from time import monotonic
from typing import Final

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from decider.address import split_address

_log = structlog.get_logger(__name__)

# Connections at once, a thread each; when one more comes, the oldest has to go.
_AT_ONCE: Final = 16
# Seconds that a connection may take in all, and that one more waits for the oldest to be gone.
_PATIENCE: Final = 3.0
_MAKING_ROOM: Final = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: text, unless it says otherwise."""

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the service, whether it keeps the whole from being ready, and how it is."""

    name: str
    ready: bool
    state: str


def pages(
    registry: CollectorRegistry, alive: Callable[[], str], components: Callable[[], Sequence[Component]]
) -> Mapping[str, Callable[[], Page]]:
    """What is served, by path; `alive` returns what is wrong, or nothing."""
    one_at_a_time = Lock()

    def metrics() -> Page:
        with one_at_a_time:  # so that many who ask cost no more than one
            return Page(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    def healthz() -> Page:
        problem = alive()
        return Page((problem or "alive").encode() + b"\n", _status(not problem))

    def readyz() -> Page:
        found = components()
        ready = all(component.ready for component in found)
        body = {"ready": ready, "components": [asdict(component) for component in found]}
        return Page(json.dumps(body).encode() + b"\n", _status(ready), "application/json")

    return {"/metrics": metrics, "/healthz": healthz, "/readyz": readyz}


def _status(good: bool) -> HTTPStatus:
    return HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE


class AdminServer(ThreadingMixIn, TCPServer):
    """Serves pages to GET and HEAD, one for each connection, on threads of its own."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: str, served: Mapping[str, Callable[[], Page]]) -> None:
        """Listen. Raises OSError if the address cannot be had."""
        self._served = served
        self._room = Semaphore(_AT_ONCE)
        self._began: dict[socket.socket, float] = {}  # the oldest first
        self._lock = Lock()
        host, port = split_address(address)
        family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        self.address_family = family
        super().__init__((str(where[0]), int(where[1])), _Handler)

    def start(self) -> None:
        """Serve on a thread, until `close` or the end of the process."""
        Thread(target=self.serve_forever, name="admin", daemon=True).start()

    def close(self) -> None:
        """Stop what `start` began."""
        self.shutdown()
        self.server_close()

    def page(self, path: str) -> Page:
        """The page on a path. Nothing that goes wrong in it is shown."""
        if path not in self._served:
            return Page(b"not found\n", HTTPStatus.NOT_FOUND)
        try:
            return self._served[path]()
        except Exception:
            _log.exception("admin page failed", path=path)
            return Page(b"internal error\n", HTTPStatus.INTERNAL_SERVER_ERROR)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Have a connection answered on a thread; the oldest makes room for it where there is none."""
        if not self._room.acquire(blocking=False):
            self._hang_up(before=float("inf"), at_most=1)
            if not self._room.acquire(timeout=_MAKING_ROOM):
                request.close()
                return
        with self._lock:
            self._began[request] = monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Let go of a connection."""
        with self._lock:
            counted = self._began.pop(request, None)
        super().shutdown_request(request)
        if counted is not None:
            self._room.release()

    def service_actions(self) -> None:
        """Hang up on whoever takes too long; the loop asks for it twice a second and after each connection."""
        self._hang_up(before=monotonic() - _PATIENCE, at_most=_AT_ONCE)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that hangs up is not news."""

    def _hang_up(self, before: float, at_most: int) -> None:
        with self._lock:
            for request in [request for request, began in self._began.items() if began < before][:at_most]:
                # Not closed: its thread does that, and wakes up by this.
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: AdminServer
    timeout = _PATIENCE

    def do_GET(self) -> None:
        self._send(self.server.page(self.path.partition("?")[0]))

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # What it cannot read, and methods that nobody serves; the library would repeat what was sent.
        status = HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else HTTPStatus(code)
        self._send(Page(f"{status.phrase.lower()}\n".encode(), status))

    def _send(self, page: Page) -> None:
        self.close_connection = True
        self.send_response_only(page.status)
        for name, value in (
            ("Content-Type", page.content_type),
            ("Content-Length", str(len(page.body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
            *([("Allow", "GET, HEAD")] if page.status == HTTPStatus.METHOD_NOT_ALLOWED else []),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: probes come all the time."""
