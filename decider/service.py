"""The gRPC service: calls in, answers and statuses out. No policy lives here."""

from time import monotonic
from typing import Final, NoReturn

import grpc

from decider import messages
from decider.callers import Callers
from decider.decisions import Call, Decider
from decider.metrics import Metrics
from decider.status import batch_error, rpc_error
from decider.tracing.context import read_context
from decider.tracing.span import NO_SPAN, NoSpan, Span, current_span
from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.validation import validate_batch

# Seconds; a decision takes a few milliseconds, and the caller has to be told, too. gRPC itself drops calls whose
# deadline has passed before a thread takes them up.
_FLOOR: Final = 0.01


class DeciderService(rpc.DeciderServiceServicer):
    """Serves `decider.v1.DeciderService`."""

    def __init__(self, decider: Decider, callers: Callers, metrics: Metrics) -> None:
        self._decider = decider
        self._callers = callers
        self._metrics = metrics

    def DecideTopicCreation(
        self, request: pb.DecideTopicCreationRequest, context: grpc.ServicerContext
    ) -> pb.DecideTopicCreationResponse:
        """Decide one request."""
        self._leave_late(context)
        try:
            return self._decider.decide(self._decider.policy(), request, self._call(context))
        except Undecided as undecided:
            _abort(context, undecided)

    def BatchDecideTopicCreation(
        self, request: pb.BatchDecideTopicCreationRequest, context: grpc.ServicerContext
    ) -> pb.BatchDecideTopicCreationResponse:
        """Decide many requests by one revision of the policy; stops when nobody waits for the answer any more."""
        self._leave_late(context)
        try:
            validate_batch(request)
            policy = self._decider.policy()
        except Undecided as undecided:
            _abort(context, undecided)
        call = self._call(context)
        outcomes = []
        for item in request.requests:
            if not context.is_active():
                break
            try:
                outcomes.append(pb.BatchOutcome(response=self._decider.decide(policy, item, call)))
            except Undecided as undecided:
                outcomes.append(pb.BatchOutcome(error=batch_error(undecided)))
        return pb.BatchDecideTopicCreationResponse(outcomes=outcomes)

    def GetPolicy(self, request: pb.GetPolicyRequest, context: grpc.ServicerContext) -> pb.GetPolicyResponse:
        """Return the policy in use."""
        try:
            return messages.policy(self._decider.active, self._decider.candidate)
        except Undecided as undecided:
            _abort(context, undecided)

    def _leave_late(self, context: grpc.ServicerContext) -> None:
        """End a call that waited for a thread for so long that its answer would come too late."""
        left = context.time_remaining()
        if left is not None and left < _FLOOR:
            self._metrics.shed("time")
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too little time was left to decide")

    def _call(self, context: grpc.ServicerContext) -> Call:
        left = context.time_remaining()
        deadline = None if left is None else monotonic() + left
        return Call(self._callers.name(context), deadline, current_span.get() or _of_callers_trace(context))


def _of_callers_trace(context: grpc.ServicerContext) -> Span:
    """Nothing is recorded, but the trace that the caller names stands in log and journal."""
    named = read_context(context.invocation_metadata())
    return NoSpan(named.trace_id) if named else NO_SPAN


def _abort(context: grpc.ServicerContext, undecided: Undecided) -> NoReturn:
    context.abort_with_status(rpc_error(undecided))
    raise AssertionError("abort_with_status raises")
