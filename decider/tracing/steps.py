"""What is noted of a decision's steps in its trace."""

from collections.abc import Collection, Mapping

from decider.policy.course import Conclusion, Course
from decider.tracing.span import Content, Kind, Span, Value
from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb


def asked(request: pb.DecideTopicCreationRequest, content: Collection[Content]) -> Mapping[str, Value]:
    """What was asked; who asked and for which name only where `content` says so."""
    return {
        "topic_gate.app_id": request.app_id,
        **({"topic_gate.request_id": request.request_id} if request.request_id else {}),
        **({"topic_gate.operator": request.operator_user_id} if Content.OPERATOR in content else {}),
        **({"topic_gate.name": request.topic_name} if Content.NAME in content else {}),
    }


def decided(course: Course, conclusion: Conclusion, decision_id: str, *, repeated: bool) -> Mapping[str, Value]:
    """What came of it, and by which rule of which policy."""
    shadow = [found.rule_id for found in conclusion.shadow]
    return {
        "topic_gate.verdict": "allow" if conclusion.effect.allowed else "refuse",
        "topic_gate.code": conclusion.effect.code,
        "topic_gate.rule_id": conclusion.rule_id,
        "topic_gate.document": course.document,
        "topic_gate.policy_revision": course.revision,
        "topic_gate.decision_id": decision_id,
        **({"topic_gate.shadow_rules": shadow} if shadow else {}),
        **({"topic_gate.repeated": True} if repeated else {}),
    }


def fail(span: Span, undecided: Undecided) -> None:
    """Note why there is no decision, but not in its words: those may be of the request."""
    span.fail(undecided.cause.value)
    if undecided.rule_id:
        span.note({"topic_gate.rule_id": undecided.rule_id})


def settling(span: Span, store: str) -> Span:
    """Begin the step of asking the store of limits."""
    step = span.step("settle limits", Kind.CLIENT if store == "redis" else Kind.INTERNAL)
    if step.recording:
        step.note({"db.system.name": store, "db.operation.name": "settle"})
    return step
