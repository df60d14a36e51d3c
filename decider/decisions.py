"""One decision from request to record: checked, decided by the policy in use, measured, journalled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

import structlog

from decider import messages
from decider.journal.record import Entry, Journal
from decider.metrics import Metrics
from decider.policy.engine import Decision, decide
from decider.policy.policy import Policy
from decider.slot import PolicySlot
from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb
from decider.validation import validate

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides requests by the policy in use. `new_id` gives ids that sort by time, `clock` the time of day."""

    active: PolicySlot
    candidate: PolicySlot  # empty where there is none
    journal: Journal
    metrics: Metrics
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def policy(self) -> Policy:
        """The policy in use. Raises Undecided (NO_POLICY)."""
        return self.active.get().policy

    def decide(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, caller: str
    ) -> pb.DecideTopicCreationResponse:
        """Decide one request for a caller and record the outcome. Raises Undecided and nothing else."""
        now, start = self.clock(), perf_counter()
        try:
            response = self._answer(policy, request, now)
        except Undecided as undecided:
            self.metrics.undecided(undecided.cause)
            if undecided.cause is not Cause.INVALID_REQUEST:
                self.journal.record(Entry(now, caller, request, undecided, perf_counter() - start))
            raise
        self.journal.record(Entry(now, caller, request, response, perf_counter() - start))
        return response

    def _answer(
        self, policy: Policy, request: pb.DecideTopicCreationRequest, now: datetime
    ) -> pb.DecideTopicCreationResponse:
        try:
            validate(request)
            with self.metrics.time_decision():
                decision = decide(policy, request, now)
            self.metrics.decided(decision)
            candidate = self._ask_candidate(request, decision)
            return messages.response(decision, self.new_id(), explain=request.explain, candidate=candidate)
        except Undecided as undecided:
            if undecided.cause is Cause.RULE_FAILED:
                _log.error("rule failed", rule=undecided.rule_id, reason=undecided.message, app=request.app_id)
            raise
        except Exception:
            _log.exception("decision failed", app=request.app_id, request_id=request.request_id)
            raise Undecided(Cause.DEFECT, "internal error") from None

    def _ask_candidate(self, request: pb.DecideTopicCreationRequest, decision: Decision) -> pb.ShadowOutcome | None:
        """What the candidate policy would have done, if that differs. Whatever becomes of it, the verdict stands."""
        if self.candidate.loaded is None:
            return None
        policy = self.candidate.loaded.policy
        rule = decision.rule.id if decision.rule else ""
        try:
            other = decide(policy, request, decision.now)
        except Undecided as undecided:
            self.metrics.compared(rule, undecided.rule_id, "error")
            return messages.candidate_error(policy, undecided.rule_id, undecided.message)
        except Exception:
            _log.exception("candidate failed", app=request.app_id, request_id=request.request_id)
            self.metrics.compared(rule, "", "error")
            return messages.candidate_error(policy, "", "internal error")
        same = other.effect == decision.effect
        verdict = "allow" if other.effect.allowed else "refuse"
        self.metrics.compared(rule, other.rule.id if other.rule else "", "same" if same else verdict)
        return None if same else messages.candidate_outcome(other)
