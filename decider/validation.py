"""The limits that the contract sets on a request, as one table. Their words stand in `proto/decider/v1`."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from decider.undecided import Cause, Undecided, Violation
from decider.v1 import decider_pb2 as pb

MAX_BATCH = 500
_MAX_ATTRIBUTES = 64
_ATTRIBUTE_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_REQUEST_ID = re.compile(r"[\x21-\x7e]{0,128}", re.ASCII)
_SECONDS = range(-62135596800, 253402300800)  # of a Timestamp: years 1 to 9999

Check = Callable[[pb.DecideTopicCreationRequest], Iterator[Violation]]


def validate(request: pb.DecideTopicCreationRequest) -> None:
    """Raise Undecided (INVALID_REQUEST) that names every bad field, or return."""
    reject(tuple(violation for check in _CHECKS for violation in check(request)))


def validate_batch(batch: pb.BatchDecideTopicCreationRequest) -> None:
    """Raise Undecided (INVALID_REQUEST) if a batch has too few or too many requests."""
    if not 1 <= len(batch.requests) <= MAX_BATCH:
        reject((Violation("requests", f"must hold 1 to {MAX_BATCH} requests, and holds {len(batch.requests)}"),))


def reject(violations: tuple[Violation, ...]) -> None:
    """Raise Undecided (INVALID_REQUEST) if there are any violations."""
    if violations:
        message = "invalid request: " + "; ".join(f"{each.field}: {each.description}" for each in violations[:3])
        more = f"; and {len(violations) - 3} more" if len(violations) > 3 else ""
        raise Undecided(Cause.INVALID_REQUEST, message + more, violations=violations)


def _text(field: str, *, characters: int, bytes_: int, required: bool = False) -> Check:
    def check(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
        value = getattr(request, field)
        if required and not value:
            yield Violation(field, "is required")
        yield from _text_violations(field, value, characters, bytes_)

    return check


def _text_violations(field: str, value: str, characters: int, bytes_: int) -> Iterator[Violation]:
    if len(value) > characters:
        yield Violation(field, f"must have at most {characters:,} characters, and has {len(value):,}")
    elif (size := len(value.encode())) > bytes_:
        yield Violation(field, f"must have at most {bytes_:,} bytes, and has {size:,}")
    if "\0" in value:
        yield Violation(field, "must not contain U+0000")


def _app_id(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
    if request.app_id < 1:
        yield Violation("app_id", f"must be 1 or more, and is {request.app_id}")


def _client_ip(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
    try:
        valid = not request.client_ip or ("%" not in request.client_ip and bool(ip_address(request.client_ip)))
    except ValueError:
        valid = False
    if not valid:
        yield Violation("client_ip", "must be an IPv4 or IPv6 address without port or zone, or empty")


def _event_time(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
    time = request.event_time
    if time.seconds not in _SECONDS or time.nanos not in range(1_000_000_000):
        yield Violation("event_time", "must lie in the years 1 to 9999")


def _request_id(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
    if not _REQUEST_ID.fullmatch(request.request_id):
        yield Violation("request_id", "must have at most 128 printable ASCII characters and no space")


def _attributes(request: pb.DecideTopicCreationRequest) -> Iterator[Violation]:
    if len(request.attributes) > _MAX_ATTRIBUTES:
        yield Violation("attributes", f"must have at most {_MAX_ATTRIBUTES} entries, has {len(request.attributes)}")
        return
    for key, value in request.attributes.items():
        if not _ATTRIBUTE_KEY.fullmatch(key):
            yield Violation("attributes", f"the key {key[:64]!r} must have 1 to 64 characters out of A-Za-z0-9_.-")
        yield from _text_violations(f'attributes["{key[:64]}"]', value, 1000, 4000)


_CHECKS: tuple[Check, ...] = (
    _app_id,
    _text("operator_user_id", characters=128, bytes_=512, required=True),
    _text("group_type", characters=64, bytes_=256),
    _text("topic_name", characters=1000, bytes_=4000, required=True),
    _client_ip,
    _event_time,
    _request_id,
    _attributes,
)
