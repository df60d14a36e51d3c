"""Calls of the decider in bytes: messages as they should be, nearly so, and not at all."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from reading import NAME

from decider.v1 import decider_pb2 as pb

SERVICE = "/decider.v1.DeciderService/"
METHODS = ("DecideTopicCreation", "DecideTopicCreation", "DecideTopicCreation", "BatchDecideTopicCreation", "GetPolicy")
_OTHERS = (
    "/", "//", "/decider.v1.DeciderService", SERVICE + "decideTopicCreation", SERVICE + "x" * 4000,
    "/grpc.health.v1.Health/Check",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    path: str
    message: bytes
    metadata: tuple[tuple[str, str | bytes], ...] = ()


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def _field(number: int, kind: int, chance: Random) -> bytes:
    key = varint(number << 3 | kind)
    value = chance.randbytes(chance.choice([0, 1, 4, 30]))
    if kind == 0:
        return key + varint(chance.choice([0, 1, 1 << 31, (1 << 64) - 1, chance.getrandbits(64)]))
    if kind == 2:
        return key + varint(chance.choice([len(value), len(value), len(value) + 5, 1 << 31, (1 << 63) - 1])) + value
    return key + chance.randbytes({1: 8, 5: 4}.get(kind, 0))


def right(chance: Random) -> pb.DecideTopicCreationRequest:
    """A request as it should be, but perhaps for its name or one field."""
    name = chance.choice(
        [*[NAME] * 6, NAME + " ", NAME.lower(), "Another topic", "", "\0", "x" * 1001, "\ufeff" + NAME]
    )
    request = pb.DecideTopicCreationRequest(
        app_id=1, operator_user_id="leckie", group_type="Community", topic_name=name
    )
    if chance.random() < 0.3:
        chance.choice(_ODD)(request)
    return request


_ODD: tuple[Callable[[pb.DecideTopicCreationRequest], object], ...] = (
    lambda request: setattr(request, "app_id", -1),
    lambda request: setattr(request, "app_id", 2**63 - 1),
    lambda request: setattr(request, "operator_user_id", "x" * 129),
    lambda request: setattr(request, "client_ip", "::ffff:1.2.3.4%eth0"),
    lambda request: setattr(request, "client_ip", "1.2.3.4:80"),
    lambda request: setattr(request, "platform", 77),
    lambda request: setattr(request, "request_id", "a b\n"),
    lambda request: setattr(request, "explain", True),
    lambda request: setattr(request, "dry_run", True),
    lambda request: setattr(request.event_time, "seconds", 2**63 - 1),
    lambda request: setattr(request.event_time, "nanos", -1),
    lambda request: request.attributes.update({"": "x"}),
    lambda request: request.attributes.update({str(number): "x" for number in range(65)}),
    lambda request: request.attributes.update({"a": "\0"}),
)


def _plain(chance: Random) -> bytes:
    return right(chance).SerializeToString()


def _unknown(chance: Random) -> bytes:
    extra = b"".join(_field(chance.choice([13, 100, 2**29 - 1]), chance.choice([0, 1, 2, 5]), chance) for _ in range(3))
    return _plain(chance) + extra


def _wrong_kinds(chance: Random) -> bytes:
    return _plain(chance) + _field(chance.randint(0, 13), chance.randint(0, 7), chance)


def _twice(chance: Random) -> bytes:
    return _plain(chance) + _plain(chance)


def _noise(chance: Random) -> bytes:
    message = bytearray(_plain(chance))
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(message) + 1)
        message[where : where + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(message)


def _bad_text(chance: Random) -> bytes:
    bad = chance.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", NAME.encode() + b"\x80"])
    return _plain(chance) + bytes([chance.choice([2, 3, 4, 5, 8]) << 3 | 2]) + varint(len(bad)) + bad


def _nested(chance: Random) -> bytes:
    depth = chance.choice([50, 200, 20_000])
    return b"\xa3\x06" * depth + (b"\xa4\x06" * depth if chance.random() < 0.5 else b"")


def _random(chance: Random) -> bytes:
    return chance.randbytes(chance.choice([0, 1, 10, 100, 10_000]))


def _batch(chance: Random) -> bytes:
    count = chance.choice([0, 1, 2, 3, 501])
    return pb.BatchDecideTopicCreationRequest(requests=[right(chance) for _ in range(count)]).SerializeToString()


def _large(chance: Random) -> bytes:
    size = chance.choice([1 << 20, (4 << 20) - 100, 4 << 20, 5 << 20])
    return _plain(chance) + varint(100 << 3 | 2) + varint(size) + bytes(size)


_MESSAGES = (
    _plain,
    _plain,
    _unknown,
    _wrong_kinds,
    _wrong_kinds,
    _twice,
    _noise,
    _noise,
    _bad_text,
    _nested,
    _random,
    _batch,
)

_METADATA: tuple[tuple[str, str | bytes], ...] = (
    ("x", "y" * 20_000), ("x-bin", bytes(range(256))), ("grpc-timeout", "1n"), ("content-type", "text/plain"),
    ("grpc-encoding", "gzip"), ("grpc-encoding", "nonsense"), ("te", "chunked"), ("user-agent", "x"),
    ("grpc-trace-bin", b"x"),
    ("host", "elsewhere"), ("authorization", "Bearer x"), ("x", " "), ("grpc-previous-rpc-attempts", "99"),
)  # fmt: skip


def call(chance: Random) -> Call:
    """One call."""
    path = chance.choice(_OTHERS) if chance.random() < 0.1 else SERVICE + chance.choice(METHODS)
    message = (_large if chance.random() < 0.01 else chance.choice(_MESSAGES))(chance)
    metadata = tuple(chance.choices(_METADATA, k=chance.choice([0, 0, 0, 1, 2])))
    return Call(path, message, metadata)


def _frame(kind: int, flags: int, stream: int, payload: bytes, *, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def _literal(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


_HEADERS = b"".join(
    _literal(name, value)
    for name, value in (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", SERVICE.encode() + b"DecideTopicCreation"),
        (b":authority", b"a"),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
    )
)


def frames(chance: Random) -> bytes:
    """A connection's worth of HTTP/2, none of it as it should be."""
    sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
    for stream in range(1, chance.randint(1, 6) * 2, 2):
        sent += chance.choice([_noisy_frame, _half_call, _wrong_length])(stream, chance)
    return chance.randbytes(chance.randint(0, 200)) if chance.random() < 0.1 else sent


def _noisy_frame(stream: int, chance: Random) -> bytes:
    length = chance.choice([None, None, 0, 1 << 23])
    number = chance.choice([0, stream, 2**31 - 1])
    return _frame(
        chance.randint(0, 12), chance.randint(0, 255), number, chance.randbytes(chance.randint(0, 40)), length=length
    )


def _half_call(stream: int, chance: Random) -> bytes:
    head = bytearray(_HEADERS)
    if chance.random() < 0.5:
        head[chance.randrange(len(head))] = chance.randrange(256)
    return _frame(1, chance.choice([4, 4, 5, 0]), stream, bytes(head))


def _wrong_length(stream: int, chance: Random) -> bytes:
    message = _plain(chance)
    told = chance.choice([0, len(message) - 1, len(message) + 1, 1 << 31, 0xFFFFFFFF])
    data = struct.pack(">BI", chance.choice([0, 1, 255]), told) + message
    return _frame(1, 4, stream, _HEADERS) + _frame(0, chance.choice([0, 1, 9]), stream, data)
