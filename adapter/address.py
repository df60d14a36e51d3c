"""An address to listen on."""

import re
import socket
from dataclasses import dataclass

_HOST_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]\s]+)\]|(?P<host>[^\[\]:\s/]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0: any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the address that a text such as 127.0.0.1:8080 or [::1]:8080 names.

    Raises ValueError, with a message for people, if it names none.
    """
    found = _HOST_PORT.fullmatch(text)
    if not found or int(found["port"]) > 65_535:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    return Address(found["v6"] or found["host"], int(found["port"]))


def bind(address: Address, backlog: int = 1024) -> socket.socket:
    """Return a socket that listens on an address. Raises OSError."""
    family, *_, where = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return socket.create_server(where[:2], family=family, backlog=backlog)


def bound_address(bound: socket.socket) -> Address:
    """Return the address that a socket got: with the real port where 0 was asked for."""
    host, port, *_ = bound.getsockname()
    return Address(host, port)
