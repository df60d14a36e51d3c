"""A proxy in front of a decider that loses one answer: the request got there, the connection ends or goes silent."""

import socket
import threading
from contextlib import suppress

from processes import TIMEOUT

_DATA, _HEADERS = 0, 1  # the types of the HTTP/2 frames that a request's message is in and that an answer begins with
_PREFACE = 24  # bytes before a client's first frame


class AnswerLosingProxy:
    """Passes everything on, both ways, but for the first answer to a request that has `mark` in it.

    In its place it cuts the connection, or passes no more on to the client if it is to be `silent`. A connection made
    later works.
    """

    def __init__(self, target: str, mark: bytes, *, silent: bool = False) -> None:
        self._mark = mark
        self._silent = silent
        self._marked: set[tuple[socket.socket, bytes]] = set()  # streams, by the client's connection
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.lost = False
        self._sockets: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """End it."""
        for each in list(self._sockets):
            _end(each)
        for thread in list(self._threads):
            thread.join(TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            self._start(threading.Thread(target=self._ask, args=(client, server)))
            self._start(threading.Thread(target=self._answer, args=(server, client)))

    def _start(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError), server.makefile("rb") as frames:
            while head := frames.read(9):
                if head[3] == _HEADERS and (client, head[5:]) in self._marked and not self.lost:
                    self.lost = True
                    if self._silent:
                        return
                    break
                client.sendall(head + frames.read(int.from_bytes(head[:3], "big")))
        _end(server)
        _end(client)

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client.makefile("rb") as frames:
            server.sendall(frames.read(_PREFACE))
            while head := frames.read(9):
                payload = frames.read(int.from_bytes(head[:3], "big"))
                if head[3] == _DATA and self._mark in payload:
                    self._marked.add((client, head[5:]))
                server.sendall(head + payload)
        _end(client)
        _end(server)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
