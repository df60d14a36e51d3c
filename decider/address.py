"""Addresses to listen on, as `host:port`."""


def split_address(text: str) -> tuple[str, int]:
    """The host, without the brackets of IPv6, and the port. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError("must be host:port, for example 127.0.0.1:50051 or [::1]:50051")
    return host.removeprefix("[").removesuffix("]"), int(port)
