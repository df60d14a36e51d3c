"""What the journal records, and the line it becomes. The schema is `docs/journal.schema.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from google.protobuf.json_format import MessageToDict

from decider.journal.mask import Mask
from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb
from decider.v1 import limits_pb2, policy_pb2

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision, or why there was none; `seconds` is the time that it took, `trace_id` names its trace, if any."""

    time: datetime
    caller: str
    request: pb.DecideTopicCreationRequest
    outcome: pb.DecideTopicCreationResponse | Undecided
    seconds: float
    trace_id: str = ""


class Journal(Protocol):
    """Takes entries on the request path. No trouble of its own ever reaches the caller."""

    def record(self, entry: Entry) -> None:
        """Take an entry."""

    def close(self) -> None:
        """Write what was taken, and end."""


class NoJournal:
    """The journal that is off."""

    def record(self, entry: Entry) -> None:
        """Forget the entry."""

    def close(self) -> None:
        """Do nothing."""


def to_line(entry: Entry, mask: Mask) -> bytes:
    """An entry as one line of JSON in UTF-8."""
    record = {
        "schema": SCHEMA_VERSION,
        "time": entry.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "caller": entry.caller,
        **({"trace_id": entry.trace_id} if entry.trace_id else {}),
        "request": mask.apply(_request(entry.request)),
        **_outcome(entry.outcome),
        "duration_us": round(entry.seconds * 1e6),
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _request(request: pb.DecideTopicCreationRequest) -> dict[str, object]:
    """The request in protobuf's JSON form, with the contract's field names; `explain` changes no decision."""
    fields: dict[str, object] = MessageToDict(request, preserving_proto_field_name=True)
    fields.pop("explain", None)
    return fields


def _outcome(outcome: pb.DecideTopicCreationResponse | Undecided) -> Mapping[str, object]:
    if isinstance(outcome, Undecided):
        error = {"cause": outcome.cause.value, "rule_id": outcome.rule_id, "message": outcome.message}
        return {"verdict": None, "error": error}
    return {
        "decision_id": outcome.decision_id,
        "verdict": _verdict(outcome.verdict),
        "code": outcome.code,
        "message": outcome.message,
        "rule_id": outcome.rule_id,
        "policy_revision": outcome.policy_revision,
        "shadow": [_shadow(shadow) for shadow in outcome.shadow],
        "limits": [_limit(limit) for limit in outcome.limits],
        **({"repeated": True} if outcome.repeated else {}),
    }


def _shadow(shadow: pb.ShadowOutcome) -> Mapping[str, object]:
    candidate = {"policy_revision": shadow.policy_revision} if shadow.policy_revision else {}
    if shadow.error:
        return {"rule_id": shadow.rule_id, "verdict": None, "error": shadow.error, **candidate}
    return {"rule_id": shadow.rule_id, "verdict": _verdict(shadow.verdict), "code": shadow.code, **candidate}


def _limit(limit: limits_pb2.LimitUsage) -> Mapping[str, object]:
    shadow = {"shadow": True} if limit.shadow else {}
    if limit.error:
        return {"rule_id": limit.rule_id, "error": limit.error, **shadow}
    return {"rule_id": limit.rule_id, "used": limit.used, "count": limit.count, "full": limit.full, **shadow}


def _verdict(verdict: policy_pb2.Verdict.ValueType) -> str:
    return {policy_pb2.VERDICT_ALLOW: "allow", policy_pb2.VERDICT_REFUSE: "refuse"}[verdict]
