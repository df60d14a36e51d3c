"""One decision from request to record: checked, decided by the policy in use, measured, journalled."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, perf_counter

import structlog

from decider import log, messages, receipts
from decider.journal.record import Entry, Journal
from decider.limits.ledger import CandidateLedger, Ledger
from decider.metrics import Metrics, app_label
from decider.policy.course import Conclusion, Course, apart_from_time, conclude, conclude_without
from decider.policy.engine import Decision, Evaluation, decide, evaluate
from decider.policy.limit import LimitsUnavailable
from decider.policy.policy import Policy
from decider.slot import PolicySlot
from decider.tracing import steps
from decider.tracing.span import NO_SPAN, Content, Span
from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb
from decider.validation import validate

_log = structlog.get_logger(__name__)
# Seconds between two log lines about the same failure; the metrics count all.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and until when an answer is of use: by the monotonic clock; None: for as long as it takes.

    `span` is the step of working on it, in the trace that it belongs to.
    """

    caller: str
    deadline: float | None = None
    span: Span = NO_SPAN

    def time_left(self) -> float | None:
        """Seconds until the deadline."""
        return None if self.deadline is None else self.deadline - monotonic()


@dataclass(frozen=True, slots=True)
class _Settled:
    """A conclusion, and the id and course of the decision that it belongs to: an earlier one, if `repeated`."""

    decision_id: str
    course: Course
    conclusion: Conclusion
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides requests by the policy in use. `new_id` gives ids that sort by time, `clock` the time of day."""

    active: PolicySlot
    candidate: PolicySlot  # empty where there is none
    ledger: Ledger
    journal: Journal
    metrics: Metrics
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    traced: Collection[Content] = ()  # what of a request may stand in traces
    patience: log.Patience = field(default_factory=lambda: log.Patience(_PATIENCE))

    def policy(self) -> Policy:
        """The policy in use. Raises Undecided (NO_POLICY)."""
        return self.active.get().policy

    def decide(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, call: Call
    ) -> pb.DecideTopicCreationResponse:
        """Decide one request for a caller and record the outcome. Raises Undecided and nothing else."""
        ids = {"request_id": request.request_id, "trace_id": call.span.trace_id, "span_id": call.span.span_id}
        token = log.subject.set(ids)
        try:
            return self._decide(policy, request, call)
        finally:
            log.subject.reset(token)

    def _decide(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, call: Call
    ) -> pb.DecideTopicCreationResponse:
        now, start = self.clock(), perf_counter()
        # Nothing reads what the contract does not know, and the journal would hold megabytes of it in memory.
        request.DiscardUnknownFields()
        try:
            response = self._answer(policy, request, call, now)
        except Undecided as undecided:
            self.metrics.undecided(undecided.cause)
            _log.debug("not decided", app=request.app_id, cause=undecided.cause.value, rule=undecided.rule_id)
            if undecided.cause is not Cause.INVALID_REQUEST:
                seconds = perf_counter() - start
                self.journal.record(Entry(now, call.caller, request, undecided, seconds, call.span.trace_id))
            raise
        seconds = perf_counter() - start
        self.journal.record(Entry(now, call.caller, request, response, seconds, call.span.trace_id))
        _log.debug("decided", app=request.app_id, code=response.code, rule=response.rule_id)
        return response

    def _answer(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, call: Call, now: datetime
    ) -> pb.DecideTopicCreationResponse:
        try:
            validate(request)
            with self.metrics.time_decision(), call.span.step("evaluate rules") as span:
                evaluation, settled = self._judge(policy, request, call, now, span)
            log.subject.get()["decision_id"] = settled.decision_id
            if settled.repeated:
                self.metrics.repeated.inc()
                return messages.response(settled.course, settled.conclusion, settled.decision_id, repeated=True)
            app = app_label(policy, request.app_id)
            self.metrics.decided(app, settled.course, settled.conclusion)
            candidate = self._ask_candidate(request, call, settled, app)
            trace = messages.trace(Decision(evaluation, settled.conclusion)) if request.explain else None
            return messages.response(
                settled.course, settled.conclusion, settled.decision_id, trace=trace, candidate=candidate
            )
        except Undecided as undecided:
            more = self.patience.take(undecided.rule_id) if undecided.cause is Cause.RULE_FAILED else None
            if more is not None:
                _log.error("rule failed", rule=undecided.rule_id, reason=undecided.message, app=request.app_id, **more)
            raise
        except Exception as error:
            self._log_defect("decision failed", error, request.app_id)
            raise Undecided(Cause.DEFECT, "internal error") from None

    def _log_defect(self, event: str, error: Exception, app_id: int) -> None:
        more = self.patience.take((event, type(error)))
        if more is not None:
            _log.error(event, exc_info=error, app=app_id, **more)

    def _judge(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, call: Call, now: datetime, span: Span
    ) -> tuple[Evaluation, _Settled]:
        try:
            if span.recording:
                span.note(steps.asked(request, self.traced))
            evaluation = evaluate(policy, request, now)
            settled = self._settle(evaluation, request, call, span)
        except Undecided as undecided:
            steps.fail(span, undecided)
            raise
        if span.recording:
            span.note(steps.decided(settled.course, settled.conclusion, settled.decision_id, repeated=settled.repeated))
        return evaluation, settled

    def _settle(
        self, evaluation: Evaluation, request: pb.DecideTopicCreationRequest, call: Call, span: Span
    ) -> _Settled:
        """How far the limits are used, and what that makes of the request; or what an earlier one came to."""
        course, decision_id = evaluation.course, self.new_id()
        limited = evaluation.document.has_limits
        receipt = receipts.receipt(request, call.caller, decision_id, course) if limited else None
        if not evaluation.claims and receipt is None:
            return _Settled(decision_id, course, conclude(course, ()))
        take = course.leads_to_allow and not request.dry_run
        try:
            log.subject.get()["decision_id"] = decision_id
            with steps.settling(span, self.ledger.store):
                found = self.ledger.settle(
                    request.app_id, evaluation.claims, receipt, take=take, time_left=call.time_left()
                )
            earlier = None if found.recorded is None else receipts.read(found.recorded)
        except LimitsUnavailable as error:
            return _Settled(decision_id, course, conclude_without(course, str(error)))
        if earlier is None:
            return _Settled(decision_id, course, conclude(course, found.usages))
        return _Settled(earlier.decision_id, earlier.course, conclude(earlier.course, found.usages), repeated=True)

    def _ask_candidate(
        self, request: pb.DecideTopicCreationRequest, call: Call, settled: _Settled, app: str
    ) -> pb.ShadowOutcome | None:
        """What the candidate policy would have done, if that differs. Whatever becomes of it, the verdict stands."""
        if self.candidate.loaded is None:
            return None
        policy = self.candidate.loaded.policy
        rule = settled.conclusion.rule_id
        ledger = CandidateLedger(self.ledger, request.app_id, call.time_left())
        try:
            with call.span.step("evaluate candidate"):
                other = decide(policy, request, settled.course.now, ledger)
        except Undecided as undecided:
            self.metrics.compared(app, rule, undecided.rule_id, "error")
            return messages.candidate_error(policy, undecided.rule_id, undecided.message)
        except Exception as error:
            self._log_defect("candidate failed", error, request.app_id)
            self.metrics.compared(app, rule, "", "error")
            return messages.candidate_error(policy, "", "internal error")
        found = other.conclusion
        same = apart_from_time(other.evaluation.course, found) == apart_from_time(settled.course, settled.conclusion)
        outcome = "same" if same else "allow" if found.effect.allowed else "refuse"
        self.metrics.compared(app, rule, found.rule_id, outcome)
        return None if same else messages.candidate_outcome(other.evaluation.course, found)
