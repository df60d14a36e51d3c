"""The URL of a store: which kind it is, where, and how to reach it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from decider.address import split_address

_EXPECTED = (
    "must be sqlite:///FILE (or four slashes and an absolute path), memory://, or redis://HOST:PORT/NUMBER "
    "(or rediss, valkey, valkeys; with +cluster or +sentinel)"
)
_PORTS = {"": 6379, "cluster": 6379, "sentinel": 26379}
_TLS = {"redis": False, "rediss": True, "valkey": False, "valkeys": True}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


@dataclass(frozen=True, slots=True)
class Memory:
    """`memory://`."""


@dataclass(frozen=True, slots=True)
class File:
    """`sqlite:///FILE`, relative to the working directory; absolute with one slash more."""

    path: Path


@dataclass(frozen=True, slots=True)
class Server:
    """`redis://…`, or Valkey. `topology` is empty, `cluster` or `sentinel`; `service` is what Sentinel knows it by."""

    topology: str
    tls: bool
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None
    service: str
    database: int
    files: tuple[tuple[str, str], ...]  # of TLS: by redis-py's names for them


def parse_url(url: str) -> Memory | File | Server:
    """Take a URL apart. Raises ValueError, without the URL in it: it may hold a password."""
    scheme, separator, rest = url.partition("://")
    if url == "memory://":
        return Memory()
    if scheme == "sqlite" and separator:
        return _file(rest)
    base, _, topology = scheme.partition("+")
    if not separator or base not in _TLS or topology not in _PORTS:
        raise ValueError(_EXPECTED)
    return _server(url, topology, tls=_TLS[base])


def without_password(url: str) -> str:
    """A URL for logs."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('?')[0]}"


def _file(rest: str) -> File:
    path = Path(rest[1:])
    if not rest.startswith("/") or path.name in ("", ".", "..", ":memory:") or "?" in rest:
        raise ValueError(_EXPECTED)
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent}: no such folder")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: not a file")
    return File(path)


def _server(url: str, topology: str, *, tls: bool) -> Server:
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    username, _, password = user.partition(":")
    service, database = _place(parts.path, topology)
    return Server(
        topology=topology,
        tls=tls,
        hosts=tuple(_host(host, _PORTS[topology]) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=service,
        database=database,
        files=tuple(_files(parts.query, tls)),
    )


def _host(text: str, port: int) -> tuple[str, int]:
    has_port = ":" in text.rpartition("]")[2]
    try:
        return split_address(text if has_port else f"{text}:{port}")
    except ValueError:
        raise ValueError(_EXPECTED) from None


def _place(path: str, topology: str) -> tuple[str, int]:
    """Service and database number: a cluster has neither, and a single server no service."""
    given = [part for part in path.split("/") if part]
    service = given.pop(0) if topology == "sentinel" and given else ""
    if topology == "sentinel" and not service:
        raise ValueError("behind Sentinel, the path must name the service: redis+sentinel://HOST:PORT/SERVICE")
    number = given.pop(0) if given else "0"
    if given or not (number.isascii() and number.isdigit()) or (topology == "cluster" and number != "0"):
        raise ValueError(_EXPECTED)
    return service, int(number)


def _files(query: str, tls: bool) -> Iterator[tuple[str, str]]:
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _FILES:
            raise ValueError(f"the option {name} is not known; known are {', '.join(_FILES)}")
        if not tls:
            raise ValueError(f"{name} needs rediss:// or valkeys://")
        if not Path(value).is_file():
            raise ValueError(f"{name}: {value}: no such file")
        yield name, value
