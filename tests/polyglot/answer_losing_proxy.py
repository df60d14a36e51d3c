"""A proxy in front of a decider that loses the first answer: the request got there, the connection ends."""

import socket
import threading
from contextlib import suppress

from processes import TIMEOUT

_HEADERS = 1  # the type of the HTTP/2 frame that an answer begins with


class AnswerLosingProxy:
    """Passes everything on, both ways, but for the first answer: in its place it cuts the connection."""

    def __init__(self, target: str) -> None:
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
            self._start(threading.Thread(target=_pass_on, args=(client, server)))
            self._start(threading.Thread(target=self._answer, args=(server, client)))

    def _start(self, thread: threading.Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError), server.makefile("rb") as frames:
            while head := frames.read(9):
                if head[3] == _HEADERS and not self.lost:
                    self.lost = True
                    break
                client.sendall(head + frames.read(int.from_bytes(head[:3], "big")))
        _end(server)
        _end(client)


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while data := client.recv(65536):
            server.sendall(data)
    _end(client)
    _end(server)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
