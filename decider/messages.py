"""The engine's decisions and policies as messages of the contract."""

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from decider.policy.engine import Decision, Outcome, RuleOutcome
from decider.policy.lists import Kind
from decider.policy.policy import Document, Effect, Policy, Rule
from decider.slot import Failure, PolicySlot
from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2, trace_pb2

_OUTCOMES = {
    Outcome.MATCHED: trace_pb2.RULE_OUTCOME_MATCHED,
    Outcome.NOT_MATCHED: trace_pb2.RULE_OUTCOME_NOT_MATCHED,
    Outcome.ERROR: trace_pb2.RULE_OUTCOME_ERROR,
    Outcome.NOT_REACHED: trace_pb2.RULE_OUTCOME_NOT_REACHED,
}
_SUBJECTS = {
    Kind.IDS: trace_pb2.MATCH_SUBJECT_OPERATOR,
    Kind.WORDS: trace_pb2.MATCH_SUBJECT_NAME,
    Kind.NETWORKS: trace_pb2.MATCH_SUBJECT_CLIENT,
}
_KINDS = {
    Kind.IDS: policy_pb2.LIST_KIND_IDS,
    Kind.NETWORKS: policy_pb2.LIST_KIND_NETWORKS,
    Kind.WORDS: policy_pb2.LIST_KIND_WORDS,
}


def response(
    decision: Decision, decision_id: str, *, explain: bool, candidate: pb.ShadowOutcome | None = None
) -> pb.DecideTopicCreationResponse:
    """A decision as the answer to a call, with the trace if asked, and with what a candidate policy differs in."""
    return pb.DecideTopicCreationResponse(
        verdict=_verdict(decision.effect),
        code=decision.effect.code,
        message=decision.effect.message,
        rule_id=decision.rule.id if decision.rule else "",
        decision_id=decision_id,
        policy_revision=decision.revision,
        shadow=[*_shadow(decision), *([candidate] if candidate else [])],
        trace=_trace(decision) if explain else None,
    )


def _verdict(effect: Effect) -> policy_pb2.Verdict.ValueType:
    return policy_pb2.VERDICT_ALLOW if effect.allowed else policy_pb2.VERDICT_REFUSE


def _shadow(decision: Decision) -> Iterator[pb.ShadowOutcome]:
    for found in decision.shadow:
        if found.outcome is Outcome.MATCHED:
            effect = found.rule.effect
            yield pb.ShadowOutcome(
                rule_id=found.rule.id, verdict=_verdict(effect), code=effect.code, message=effect.message
            )
        else:
            yield pb.ShadowOutcome(rule_id=found.rule.id, error=found.error)


def candidate_outcome(decision: Decision) -> pb.ShadowOutcome:
    """What a candidate policy would have done."""
    return pb.ShadowOutcome(
        policy_revision=decision.revision,
        rule_id=decision.rule.id if decision.rule else "",
        verdict=_verdict(decision.effect),
        code=decision.effect.code,
        message=decision.effect.message,
    )


def candidate_error(policy: Policy, rule_id: str, error: str) -> pb.ShadowOutcome:
    """Why a candidate policy could not decide."""
    return pb.ShadowOutcome(policy_revision=policy.revision, rule_id=rule_id, error=error)


def _trace(decision: Decision) -> trace_pb2.Trace:
    facts = decision.facts
    return trace_pb2.Trace(
        document=decision.document.path,
        now=timestamp(decision.now),
        operator=facts.operator,
        name=facts.name,
        client=facts.client,
        matches=[
            trace_pb2.ListMatch(
                list=match.list,
                subject=_SUBJECTS[match.kind],
                entry=match.entry,
                start=match.start,
                end=match.end,
            )
            for match in facts.matches
        ],
        rules=map(_rule_trace, decision.outcomes()),
    )


def _rule_trace(found: RuleOutcome) -> trace_pb2.RuleTrace:
    return trace_pb2.RuleTrace(
        rule_id=found.rule.id,
        outcome=_OUTCOMES[found.outcome],
        shadow=found.rule.shadow,
        when=_when(found.rule),
        error=found.error,
    )


def _when(rule: Rule) -> str:
    return rule.condition.text if rule.condition else ""


def policy(active: PolicySlot, candidate: PolicySlot) -> pb.GetPolicyResponse:
    """The policy in use as the answer to GetPolicy. Raises Undecided (NO_POLICY)."""
    loaded = active.get()
    return pb.GetPolicyResponse(
        revision=loaded.policy.revision,
        load_time=timestamp(loaded.load_time),
        documents=map(_document, loaded.policy.documents),
        reload_error=_reload_error(active.failure),
        candidate_revision=candidate.loaded.policy.revision if candidate.loaded else "",
        candidate_error=_reload_error(candidate.failure),
    )


def _reload_error(failure: Failure | None) -> policy_pb2.ReloadError | None:
    return policy_pb2.ReloadError(time=timestamp(failure.time), message=failure.message) if failure else None


def _document(document: Document) -> policy_pb2.PolicyDocument:
    return policy_pb2.PolicyDocument(
        path=document.path,
        apps=document.apps,
        rules=map(_rule, document.rules),
        lists=[policy_pb2.List(name=each.name, kind=_KINDS[each.kind], size=each.size) for each in document.sizes],
        default=_effect(document.default),
    )


def _rule(rule: Rule) -> policy_pb2.Rule:
    mode = policy_pb2.RULE_MODE_SHADOW if rule.shadow else policy_pb2.RULE_MODE_ENFORCE
    return policy_pb2.Rule(id=rule.id, mode=mode, when=_when(rule), effect=_effect(rule.effect))


def _effect(effect: Effect) -> policy_pb2.Effect:
    return policy_pb2.Effect(verdict=_verdict(effect), code=effect.code, message=effect.message)


def timestamp(time: datetime) -> Timestamp:
    """A datetime with a time zone as a Timestamp."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
