"""The decider, asked over gRPC."""

import json
from collections.abc import Mapping
from typing import Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from adapter.errors import AdapterError, Rejected, Undecided
from adapter.event import Event
from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.tracing.span import NO_SPAN, Span
from adapter.vendor.answer import is_code
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2

_SERVICE: Final = "decider.v1.DeciderService"
_METHOD: Final = f"{_SERVICE}/DecideTopicCreation"
_OK: Final = {"rpc.response.status_code": "OK"}

_SERVICE_CONFIG: Final = {
    # Spreads calls over all deciders that the name resolves to, and asks each for its health: one that
    # drains or has no policy yet gets no calls.
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": _SERVICE},
    "methodConfig": [
        {
            "name": [{"service": _SERVICE}],
            # Only what the contract calls safe to repeat. The call's deadline bounds all attempts together.
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # When half of the last hundred or so calls failed, repeating them is the problem, not the cure.
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
}

_OPTIONS: Final[list[tuple[str, str | int]]] = [
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    # The service config above is the one that counts, not one found in a DNS TXT record.
    ("grpc.service_config_disable_resolution", 1),
    # The decider is a neighbour; an http_proxy variable meant for the internet must not lead to it.
    ("grpc.enable_http_proxy", 0),
    # A decider that vanished or froze without a word is found out by a ping and gets no more calls. The core
    # pings of its own accord, too, and those it would wait for a minute, with the keepalive behind them.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 2_000),
    ("grpc.http2.ping_timeout_ms", 2_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Verdicts resume within about a second of the decider's return; the defaults take up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # Despite its name, how long one attempt to connect may take.
    ("grpc.min_reconnect_backoff_ms", 1_000),
    # The name is looked up again when a connection ends, and that is how new replicas are found; the default is to
    # leave 30 seconds between two looks. A look costs two small packets.
    ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    # A decision without its trace is a few kilobytes.
    ("grpc.max_receive_message_length", 1 << 20),
    # What one channel learnt about a decider is not another's.
    ("grpc.use_local_subchannel_pool", 1),
]

# Why there is no verdict, by the status that a call ended with. INVALID_ARGUMENT is not here: it says that the
# webhook's content is at fault, and the webhook is rejected.
CAUSES: Mapping[grpc.StatusCode, Cause] = {
    grpc.StatusCode.UNAVAILABLE: Cause.UNREACHABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Cause.TOO_SLOW,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Cause.SHEDDING,
    grpc.StatusCode.INTERNAL: Cause.INTERNAL,
    grpc.StatusCode.UNAUTHENTICATED: Cause.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED: Cause.PERMISSION_DENIED,
    # The contract does not name these: something else answers, or something stands between.
    grpc.StatusCode.CANCELLED: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.UNKNOWN: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.NOT_FOUND: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.ALREADY_EXISTS: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.FAILED_PRECONDITION: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.ABORTED: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.OUT_OF_RANGE: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.UNIMPLEMENTED: Cause.UNEXPECTED_STATUS,
    grpc.StatusCode.DATA_LOSS: Cause.UNEXPECTED_STATUS,
}


def open_channel(target: str, credentials: grpc.ChannelCredentials | None = None, name: str = "") -> grpc.Channel:
    """Return a channel to the deciders behind a gRPC target; none of them needs to be up yet.

    Without `credentials` it is plaintext. `name` is what the deciders' certificates say, where the target does not.
    """
    if credentials is None:
        return grpc.insecure_channel(target, options=_OPTIONS)
    authority = [("grpc.default_authority", name)] if name else []
    return grpc.secure_channel(target, credentials, options=[*_OPTIONS, *authority])


class Decider:
    """The decider behind a channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.use(channel)

    def use(self, channel: grpc.Channel) -> None:
        """Ask over another channel from the next call on."""
        self._channel = channel
        self._decide = rpc.DeciderServiceStub(channel).DecideTopicCreation

    def reachable(self, seconds: float) -> bool:
        """Return whether there is a decider that says it is serving, or will be one within so many seconds."""
        try:
            ready = grpc.channel_ready_future(self._channel)
        except ValueError:  # closed just now, for a renewed one
            return False
        try:
            ready.result(seconds)
        except grpc.FutureTimeoutError:
            ready.cancel()
            return False
        return True

    def decide(
        self, event: Event, *, app_id: int, signed: bool, request_id: str, timeout: float, span: Span = NO_SPAN
    ) -> Outcome:
        """Return the verdict on an event, ALLOWED or REFUSED, within `timeout` seconds, retries included.

        It is a step of `span`.

        Raises Rejected when the decider finds the event invalid, and Undecided for every other end.
        """
        request = _request(event)
        request.app_id = app_id
        request.signed = signed
        request.request_id = request_id
        with span.call(_METHOD) as step:
            try:
                response = self._decide(request, timeout=timeout, metadata=step.metadata)
            except grpc.RpcError as error:
                _note(step, error)
                raise _failure(error) from error
            step.note(_OK)
        return _outcome(response)


def _request(event: Event) -> pb.DecideTopicCreationRequest:
    return pb.DecideTopicCreationRequest(
        operator_user_id=event.operator,
        group_type=event.group_type,
        topic_name=event.name,
        client_ip=event.client_ip,
        platform=pb.Platform.Value(f"PLATFORM_{event.platform}"),
        event_time=None if event.time_ms is None else _timestamp(event.time_ms),
    )


def _timestamp(milliseconds: int) -> Timestamp:
    return Timestamp(seconds=milliseconds // 1000, nanos=milliseconds % 1000 * 1_000_000)


def _note(step: Span, error: grpc.RpcError) -> None:
    status = error.code().name if isinstance(error, grpc.Call) else type(error).__name__
    step.note({"rpc.response.status_code": status})
    step.fail(status)


def _failure(error: grpc.RpcError) -> AdapterError:
    # What a stub raises is a grpc.Call, too; gRPC's types do not say so.
    if not isinstance(error, grpc.Call):
        return Undecided(Cause.UNEXPECTED_STATUS, repr(error))
    code, detail = error.code(), error.details() or ""
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return Rejected(Reason.INVALID_ARGUMENT, detail)
    return Undecided(CAUSES[code], f"{code.name}: {detail}")


def _outcome(response: pb.DecideTopicCreationResponse) -> Outcome:
    allows = response.verdict == policy_pb2.VERDICT_ALLOW
    refuses = response.verdict == policy_pb2.VERDICT_REFUSE
    # A code of 0 with a refusal would allow the topic, so a contradiction is no verdict.
    if not (allows or refuses) or allows != (response.code == 0) or not is_code(response.code):
        raise Undecided(Cause.BAD_ANSWER, f"verdict {response.verdict} with code {response.code}")
    return Outcome(
        kind=Kind.ALLOWED if allows else Kind.REFUSED,
        code=response.code,
        message=response.message if refuses else "",
        rule_id=response.rule_id,
        decision_id=response.decision_id,
    )
