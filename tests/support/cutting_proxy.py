"""A TCP proxy that can keep an answer back and cut the connection, as a network may."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from processes import TIMEOUT


class CuttingProxy:
    """Passes bytes on, both ways, but for answers while it is told to hold them."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._holding = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def hold_answers(self) -> None:
        """From now on keep what the server sends."""
        self._holding.set()

    def cut(self) -> None:
        """Cut the connections there are; new ones are passed on again."""
        self._holding.clear()
        held, self._sockets = self._sockets, []
        for each in held:
            _end(each)

    def close(self) -> None:
        """End it."""
        _end(self._listener)
        self.cut()
        for thread in self._threads:
            thread.join(TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            self._start(client, server, lambda: False)
            self._start(server, client, self._holding.is_set)

    def _start(self, source: socket.socket, sink: socket.socket, held: Callable[[], bool]) -> None:
        self._threads.append(threading.Thread(target=self._pass_on, args=(source, sink, held)))
        self._threads[-1].start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, held: Callable[[], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not held():
                    sink.sendall(data)
        _end(source)
        _end(sink)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
