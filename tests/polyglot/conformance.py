"""Conformance cases: what callers are told to ask, and whether what they saw is what was expected."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from google.protobuf import json_format
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from decider.v1 import decider_pb2 as pb

HERE = Path(__file__).parent
SERVICE_CONFIG = json.loads((HERE / "service_config.json").read_text(encoding="utf-8"))
_RESPONSES: Mapping[str, type[Message]] = {
    "DecideTopicCreation": pb.DecideTopicCreationResponse,
    "BatchDecideTopicCreation": pb.BatchDecideTopicCreationResponse,
    "GetPolicy": pb.GetPolicyResponse,
    "Check": health_pb2.HealthCheckResponse,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One call, as every client gets it, and what is expected of it, which no client gets."""

    asked: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.asked["name"])

    @property
    def method(self) -> str:
        return str(self.asked["method"])


def read_cases(client: str) -> list[Case]:
    """The cases for a client, with all that is short in the file written out."""
    text = (HERE / "cases.json").read_text(encoding="utf-8").replace("{client}", client)
    return [_case(_write_out(each)) for each in json.loads(text)["cases"]]


def _case(given: dict[str, Any]) -> Case:
    expected = given.pop("expect")
    return Case({"channel": "plain", "method": "DecideTopicCreation", "deadline_ms": 10_000, **given}, expected)


def _write_out(value: Any) -> Any:
    """`{"repeat": [x, n]}` as n times x."""
    if isinstance(value, list):
        return [_write_out(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"repeat"}:
        what, times = value["repeat"]
        return what * times if isinstance(what, str) else [_write_out(what)] * times
    return {key: _write_out(each) for key, each in value.items()}


def plan(cases: Sequence[Case], channels: Mapping[str, Mapping[str, str]]) -> str:
    """The file that a client runs by: whom to ask, how, and what."""
    return json.dumps(
        {"service_config": SERVICE_CONFIG, "channels": channels, "cases": [case.asked for case in cases]},
        ensure_ascii=False,
    )


def differences(case: Case, seen: Mapping[str, Any]) -> list[str]:
    """How what a client saw differs from what was expected; nothing if it does not."""
    seen = {**seen, "response": _in_full(case, seen.get("response"))}
    expected = dict(case.expected)
    absent, (least, most) = expected.pop("absent", ()), expected.pop("milliseconds", (0, 10_000))
    near = expected.pop("near", {})
    found = _missing(expected, seen, "")
    found += [line for path, after in near.items() for line in _far(seen["response"], path, after)]
    found += [f"response.{field} is there" for field in absent if field in seen["response"]]
    if not least <= seen["milliseconds"] <= most:
        found.append(f"took {seen['milliseconds']} ms, not {least} to {most}")
    return found


def _far(response: object, path: str, after: float) -> list[str]:
    """How a time in a response is not so many seconds from now, give or take ten minutes."""
    value: Any = response
    try:
        for key in path.split("."):
            value = value[int(key) if isinstance(value, list) else key]
        off = datetime.fromisoformat(value).timestamp() - time.time() - after
    except (LookupError, TypeError, ValueError):
        return [f"response.{path} is not a time"]
    return [] if abs(off) < 600 else [f"response.{path} is {value}, {off:.0f} s from what was expected"]


def _in_full(case: Case, response: dict[str, Any] | None) -> dict[str, Any]:
    """A response in protobuf's JSON, every field without presence in it: clients may leave out what is not set."""
    if response is None:
        return {}
    message = json_format.ParseDict(response, _RESPONSES[case.method]())
    full: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return full


def _missing(expected: object, seen: object, path: str) -> list[str]:
    """What is expected and not seen; lists are as long as expected, objects may have more fields."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        return [
            line
            for key, each in expected.items()
            for line in _missing(each, seen.get(key), f"{path}.{key}".lstrip("."))
        ]
    if isinstance(expected, list) and isinstance(seen, list) and len(expected) == len(seen):
        pairs = enumerate(zip(expected, seen, strict=True))
        return [line for index, (one, other) in pairs for line in _missing(one, other, f"{path}[{index}]")]
    return [] if expected == seen else [f"{path} is {seen!r}, not {expected!r}"]


def decisions(seen: object) -> list[Mapping[str, object]]:
    """Every decision in what a client saw, of batches, too."""
    if isinstance(seen, list):
        return [each for item in seen for each in decisions(item)]
    if not isinstance(seen, dict):
        return []
    own = [seen] if "decision_id" in seen else []
    return own + [each for item in seen.values() for each in decisions(item)]


def is_time_sortable(decision_id: object) -> bool:
    """Whether it is a UUID of version 7."""
    return UUID(str(decision_id)).version == 7
