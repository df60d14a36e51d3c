"""Addresses to listen on, as `host:port`."""

from ipaddress import ip_address


def split_address(text: str) -> tuple[str, int]:
    """The host, without the brackets of IPv6, and the port. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError("must be host:port, for example 127.0.0.1:50051 or [::1]:50051")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(text: str) -> bool:
    """Whether only this machine can reach an address. A name other than localhost may mean anything, so it is not."""
    host, _ = split_address(text)
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
