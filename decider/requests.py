"""Requests as people write them: fields of the contract, as JSON or YAML has them, with short forms."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.json_format import ParseDict, ParseError

from decider.v1 import decider_pb2 as pb

FIELDS = tuple(pb.DecideTopicCreationRequest.DESCRIPTOR.fields_by_name)
_BOOLS = {"true": True, "false": False}
_DEFAULTS = {"app_id": 1, "operator_user_id": "someone", "group_type": "Community"}
# What protobuf says around the reason: "Failed to parse app_id field: …", "… at DecideTopicCreationRequest.signed".
_PROTOBUF = re.compile(r"Failed to parse (\w+)(?= field: ) field| at DecideTopicCreationRequest[\w.]*(?=\.?$)")


class RequestError(Exception):
    """What was given is not a request."""


@dataclass(frozen=True, slots=True)
class Written:
    """A request as somebody wrote it; and when it was decided, and how far limits were used then, if that is known.

    Of a request that was decided before, nothing is left to fill in: a field that is absent was absent.
    """

    fields: Mapping[str, object]
    time: datetime | None = None
    used: Mapping[str, int] = field(default_factory=dict)  # by the rule's id, before this request

    def build(self, options: Mapping[str, object]) -> pb.DecideTopicCreationRequest:
        """The request, with options laid over its fields. Raises RequestError."""
        fields = {**self.fields, **options}
        return build_request(fields) if self.time is None else _parse(fields)


def build_request(fields: Mapping[str, object]) -> pb.DecideTopicCreationRequest:
    """A request from fields in protobuf's JSON form, or as text; `platform` may leave out PLATFORM_.

    Fields that are not given, or None, get a value that is of no account: app 1, an operator `someone`.
    Raises RequestError.
    """
    return _parse({**_DEFAULTS, **{name: value for name, value in fields.items() if value is not None}})


def _parse(fields: Mapping[str, object]) -> pb.DecideTopicCreationRequest:
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise RequestError(f"a request has no field {', '.join(unknown)}; it has {', '.join(FIELDS)}")
    given = {name: _value(name, value) for name, value in fields.items()}
    try:
        return ParseDict(given, pb.DecideTopicCreationRequest())
    except ParseError as error:
        raise RequestError(_PROTOBUF.sub(r"\1", str(error))) from None


def read_fields(text: str) -> Written:
    """The fields of a request, or of a line of the journal, from JSON. Raises RequestError."""
    try:
        written = json.loads(text)
    except ValueError as error:
        raise RequestError(f"not JSON: {error}") from None
    match written:
        case {"schema": 1, "request": dict() as fields, "time": str(time)}:
            return Written(fields, read_time(time), _used(written))
        case dict():
            return Written(written)
    raise RequestError("not a JSON object")


def _used(line: Mapping[str, object]) -> dict[str, int]:
    """How far limits were used before the request of a journal line: one that was admitted counts itself."""
    used: dict[str, int] = {}
    limits = line.get("limits")
    for limit in limits if isinstance(limits, list) else ():
        match line, limit:
            case {"verdict": "allow", "request": dict(request)}, {"rule_id": str(rule), "used": int(n), "full": False}:
                used[rule] = max(0, n - (not request.get("dry_run")))
            case _, {"rule_id": str(rule), "used": int(n)}:
                used[rule] = n
    return used


def read_time(text: str) -> datetime:
    """A time such as 2026-01-31T08:00:00Z; without an offset it is UTC. Raises RequestError."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(f"{text} is not a time such as 2026-01-31T08:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _value(name: str, value: object) -> object:
    if name == "platform" and isinstance(value, str) and not value.isdigit():
        return _platform(value)
    if name in ("signed", "dry_run", "explain") and isinstance(value, str):
        return _BOOLS.get(value.lower(), value)
    return value


def _platform(name: str) -> str:
    known = {platform.removeprefix("PLATFORM_") for platform in pb.Platform.DESCRIPTOR.values_by_name}
    short = name.upper().removeprefix("PLATFORM_")
    if short not in known:
        raise RequestError(f"the platform {name} is not known; known are {', '.join(sorted(known))}")
    return f"PLATFORM_{short}"
