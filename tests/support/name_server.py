"""A name server on loopback that knows one name, whose addresses a test can change."""

import socket
import struct
import threading

from processes import TIMEOUT

_HEADER = 12  # bytes before the question
_IPV4 = 1  # the type of a record that holds an IPv4 address
_ANSWER = 0x8180  # an answer, without an error


class NameServer:
    """Answers every question for IPv4 addresses with the addresses of now, and every other with none."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def target(self, name: str, port: int) -> str:
        """A gRPC target that has a name looked up here."""
        return f"dns://127.0.0.1:{self.port}/{name}:{port}"

    def close(self) -> None:
        """End it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join(TIMEOUT)
        self._socket.close()

    def _run(self) -> None:
        while question := self._socket.recvfrom(4096):
            if not question[0]:
                return
            self._socket.sendto(self._answer(question[0]), question[1])

    def _answer(self, question: bytes) -> bytes:
        end = question.index(b"\0", _HEADER) + 5
        wanted = struct.unpack("!H", question[end - 4 : end - 2])[0]
        records = [_record(address) for address in self.addresses] if wanted == _IPV4 else []
        counts = struct.pack("!HHHHH", _ANSWER, 1, len(records), 0, 0)
        return question[:2] + counts + question[_HEADER:end] + b"".join(records)


def _record(address: str) -> bytes:
    # The name is the question's; the class is the internet; it holds for a second; four bytes follow.
    return b"\xc0\x0c" + struct.pack("!HHIH", _IPV4, 1, 1, 4) + socket.inet_aton(address)
