"""Requests in bytes, all that can be wrong with them, and how they come in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

import bodies
import tricks
from reading import APP, COMMAND

# Has the other side close, whatever came before.
LAST = b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"

_QUERY = (b"SdkAppid=" + APP.encode(), b"CallbackCommand=" + COMMAND.encode(), b"OptPlatform=Web")


@dataclass
class Draft:
    """A request before it is put into bytes."""

    body: bytes
    method: bytes = b"POST"
    path: bytes = b"/"
    query: list[bytes] = field(default_factory=lambda: list(_QUERY))
    version: bytes = b" HTTP/1.1"
    headers: list[bytes] = field(default_factory=lambda: [b"Host: adapter"])
    framing: list[bytes] = field(default_factory=lambda: [b"Content-Length: N"])
    coded: bytes | None = None  # the body as it is sent; None: as it is

    def __bytes__(self) -> bytes:
        length = b"%d" % len(self.body)
        framing = [each.replace(b"N", length) for each in self.framing]
        query = b"?" + b"&".join(self.query) if self.query else b""
        start = b"%s %s%s%s" % (self.method, self.path, query, self.version)
        return b"\r\n".join([start, *self.headers, *framing, b"", self.body if self.coded is None else self.coded])


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent on one connection, in which pieces, and the seconds between them."""

    pieces: list[bytes]
    pause: float = 0.0


def chunks(body: bytes, chance: Random) -> bytes:
    """A body in chunks, as it should be."""
    size = chance.randint(1, 200)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _chunked(draft: Draft, chance: Random) -> None:
    draft.framing = [tricks.CHUNKED]
    draft.coded = chunks(draft.body, chance)


def _bad_chunks(draft: Draft, chance: Random) -> None:
    draft.framing = [tricks.CHUNKED]
    draft.coded = chunks(draft.body, chance).replace(*chance.choice(tricks.CHUNKS), 1)


def _framing(draft: Draft, chance: Random) -> None:
    """Lengths and codings that contradict each other or the body, and behind it what may be a second request."""
    draft.framing = chance.choice(tricks.FRAMINGS)
    hidden = bytes(Draft(bodies.sample(chance)))
    body = chance.choice([draft.body, chunks(draft.body, chance), b"0\r\n\r\n", b""])
    draft.coded = body + chance.choice([b"", hidden, hidden])


def _headers(draft: Draft, chance: Random) -> None:
    draft.headers.insert(chance.randint(0, 1), chance.choice(tricks.HEADERS))


def _query(draft: Draft, chance: Random) -> None:
    number = chance.randrange(len(draft.query))
    name, _, value = draft.query[number].partition(b"=")
    name = chance.choice([name, name, name.lower(), name.upper()])
    changed = chance.choice(tricks.QUERIES).replace(b"ALL", name + b"=" + value)
    draft.query[number] = changed.replace(b"NAME", name).replace(b"VALUE", value)


def _start(draft: Draft, chance: Random) -> None:
    part, words = chance.choice([("method", tricks.METHODS), ("path", tricks.PATHS), ("version", tricks.VERSIONS)])
    setattr(draft, part, chance.choice(words))


def _wrong_body(draft: Draft, chance: Random) -> None:
    draft.body = chance.choice(bodies.WRONG)(chance)


_CHANGES: tuple[Callable[[Draft, Random], None], ...] = (
    _wrong_body, _wrong_body, _wrong_body, _query, _query, _framing, _framing, _headers, _start, _chunked, _bad_chunks,
)  # fmt: skip


def draft(chance: Random, changes: int) -> Draft:
    """A right request with some changes."""
    made = Draft(chance.choice([bodies.plain, bodies.sample])(chance))
    for change in chance.choices(_CHANGES, k=changes):
        change(made, chance)
    return made


def case(chance: Random) -> Case:
    """One connection's worth."""
    requests = [bytes(draft(chance, chance.choice([0, 1, 1, 2, 3]))) for _ in range(chance.choice([1, 1, 1, 1, 2, 3]))]
    data = chance.choice(tricks.OTHERS) if chance.random() < 0.02 else b"".join(requests)
    if chance.random() < 0.1:
        data = _noise(data, chance)
    if chance.random() < 0.05:
        data = data[: chance.randrange(len(data) + 1)]
    if chance.random() < 0.2:
        return Case(list(_pieces(data, chance)), chance.choice([0.0, 0.001, 0.02]))
    return Case([data])


def _noise(data: bytes, chance: Random) -> bytes:
    noisy = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        where = chance.randrange(len(noisy) + 1)
        new = chance.choice([chance.randbytes(chance.randint(0, 4)), b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\xff"])
        noisy[where : where + chance.randint(0, 3)] = new
    return bytes(noisy)


def _pieces(data: bytes, chance: Random) -> Iterator[bytes]:
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randint(1, 12)))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        yield data[start:end]
