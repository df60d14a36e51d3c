"""Receipts: decisions recorded, so that a caller who repeats a request gets the same one again."""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from decider.limits.ledger import receipt_key
from decider.limits.store import Receipt
from decider.policy.course import Course
from decider.policy.limit import LimitsUnavailable
from decider.v1 import decider_pb2 as pb


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision by its id and its course, which comes to the same end by the usages that are kept with it."""

    decision_id: str
    course: Course


_RECORDED = TypeAdapter(Recorded)


def receipt(request: pb.DecideTopicCreationRequest, caller: str, decision_id: str, course: Course) -> Receipt | None:
    """What to record of a decision, or to look for; None where the caller does not mean to repeat it.

    One that fails is not recorded.
    """
    if not request.request_id or request.dry_run:
        return None
    content = _RECORDED.dump_json(Recorded(decision_id, course)) if course.ending.effect else b""
    return Receipt(receipt_key(request.app_id, caller, _identity(request)), content)


def read(content: bytes) -> Recorded:
    """A decision from a receipt. Raises LimitsUnavailable for one in a form that this decider does not know."""
    try:
        return _RECORDED.validate_json(content)
    except ValidationError:
        raise LimitsUnavailable("the decision was recorded in a form that is not known here") from None


def _identity(request: pb.DecideTopicCreationRequest) -> bytes:
    """All that makes it the same request: `explain` changes no decision."""
    same = pb.DecideTopicCreationRequest()
    same.CopyFrom(request)
    same.explain = False
    return same.SerializeToString(deterministic=True)
