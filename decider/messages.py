"""The engine's decisions, limits and policies as messages of the contract."""

from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from decider.policy.course import Conclusion, Course, LimitOutcome, ShadowOutcome
from decider.policy.engine import Decision
from decider.policy.limit import Limit
from decider.policy.lists import Kind
from decider.policy.outcomes import Outcome, RuleOutcome, outcomes
from decider.policy.policy import Document, Effect, Policy, Rule
from decider.slot import Failure, PolicySlot
from decider.v1 import decider_pb2 as pb
from decider.v1 import limits_pb2, policy_pb2, trace_pb2

_OUTCOMES = {
    Outcome.MATCHED: trace_pb2.RULE_OUTCOME_MATCHED,
    Outcome.NOT_MATCHED: trace_pb2.RULE_OUTCOME_NOT_MATCHED,
    Outcome.ERROR: trace_pb2.RULE_OUTCOME_ERROR,
    Outcome.NOT_REACHED: trace_pb2.RULE_OUTCOME_NOT_REACHED,
    Outcome.SKIPPED: trace_pb2.RULE_OUTCOME_SKIPPED,
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
    course: Course,
    conclusion: Conclusion,
    decision_id: str,
    *,
    trace: trace_pb2.Trace | None = None,
    candidate: pb.ShadowOutcome | None = None,
    repeated: bool = False,
) -> pb.DecideTopicCreationResponse:
    """What a course came to as the answer to a call; `candidate`: what a candidate policy would have done otherwise."""
    return pb.DecideTopicCreationResponse(
        verdict=_verdict(conclusion.effect),
        code=conclusion.effect.code,
        message=conclusion.effect.message,
        rule_id=conclusion.rule_id,
        decision_id=decision_id,
        policy_revision=course.revision,
        shadow=[*map(_shadow, conclusion.shadow), *([candidate] if candidate else [])],
        limits=[limit_usage(found, course.now) for found in conclusion.limits],
        trace=trace,
        repeated=repeated,
    )


def explained(decision: Decision) -> pb.DecideTopicCreationResponse:
    """A decision that nobody called for, with its trace."""
    return response(decision.evaluation.course, decision.conclusion, "", trace=trace(decision))


def _verdict(effect: Effect) -> policy_pb2.Verdict.ValueType:
    return policy_pb2.VERDICT_ALLOW if effect.allowed else policy_pb2.VERDICT_REFUSE


def _shadow(found: ShadowOutcome) -> pb.ShadowOutcome:
    effect = found.effect
    if effect is None:
        return pb.ShadowOutcome(rule_id=found.rule_id, error=found.error)
    return pb.ShadowOutcome(rule_id=found.rule_id, verdict=_verdict(effect), code=effect.code, message=effect.message)


def limit_usage(found: LimitOutcome, now: datetime) -> limits_pb2.LimitUsage:
    """How far a limit was used at the time `now`."""
    usage = found.usage
    frees = usage.frees_in if usage else None
    return limits_pb2.LimitUsage(
        rule_id=found.rule_id,
        count=found.terms.count,
        per=Duration(seconds=found.terms.per),
        used=usage.used if usage else 0,
        frees_up=None if frees is None else timestamp(now + timedelta(seconds=frees)),
        full=bool(usage and usage.full),
        shadow=found.shadow,
        error=found.error,
    )


def candidate_outcome(course: Course, conclusion: Conclusion) -> pb.ShadowOutcome:
    """What a candidate policy would have done."""
    return pb.ShadowOutcome(
        policy_revision=course.revision,
        rule_id=conclusion.rule_id,
        verdict=_verdict(conclusion.effect),
        code=conclusion.effect.code,
        message=conclusion.effect.message,
    )


def candidate_error(policy: Policy, rule_id: str, error: str) -> pb.ShadowOutcome:
    """Why a candidate policy could not decide."""
    return pb.ShadowOutcome(policy_revision=policy.revision, rule_id=rule_id, error=error)


def trace(decision: Decision) -> trace_pb2.Trace:
    """How a decision came about."""
    evaluation = decision.evaluation
    facts, now = evaluation.facts, evaluation.course.now
    return trace_pb2.Trace(
        document=evaluation.course.document,
        now=timestamp(now),
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
        rules=[_rule_trace(found, now) for found in outcomes(decision)],
    )


def _rule_trace(found: RuleOutcome, now: datetime) -> trace_pb2.RuleTrace:
    return trace_pb2.RuleTrace(
        rule_id=found.rule.id,
        outcome=_OUTCOMES[found.outcome],
        shadow=found.rule.shadow,
        when=_when(found.rule),
        error=found.error,
        limit=limit_usage(found.limit, now) if found.limit else None,
        limit_key=found.claim.key if found.claim else (),
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
    limit = _limit(rule.limit) if rule.limit else None
    return policy_pb2.Rule(id=rule.id, mode=mode, when=_when(rule), effect=_effect(rule.effect), limit=limit)


def _limit(limit: Limit) -> limits_pb2.Limit:
    skip = limits_pb2.ON_STORE_FAILURE_SKIP if limit.terms.skip else limits_pb2.ON_STORE_FAILURE_FAIL
    return limits_pb2.Limit(
        count=limit.terms.count,
        per=Duration(seconds=limit.terms.per),
        key=[key.text for key in limit.keys],
        on_store_failure=skip,
    )


def _effect(effect: Effect) -> policy_pb2.Effect:
    return policy_pb2.Effect(verdict=_verdict(effect), code=effect.code, message=effect.message)


def timestamp(time: datetime) -> Timestamp:
    """A datetime with a time zone as a Timestamp."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
