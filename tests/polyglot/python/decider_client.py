"""A caller of the decider, as short as it should be."""

# docs: begin imports
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2

# docs: end imports


# docs: begin connect
def connect(target: str, service_config: object, credentials: grpc.ChannelCredentials | None = None) -> grpc.Channel:
    """Open the one channel that the process shares; without credentials it is plaintext."""
    options = [
        ("grpc.service_config", json.dumps(service_config)),  # the JSON above
        ("grpc.keepalive_time_ms", 10_000),
        ("grpc.keepalive_timeout_ms", 2_000),
        ("grpc.http2.ping_timeout_ms", 2_000),  # of the pings that the library sends of its own accord
        ("grpc.keepalive_permit_without_calls", 1),
    ]
    if credentials is None:
        return grpc.insecure_channel(target, options)
    return grpc.secure_channel(target, credentials, options)


# docs: end connect


# docs: begin tls
def mutual_tls(ca: str, cert: str, key: str) -> grpc.ChannelCredentials:
    """Trust the deciders' CA and show a certificate of the caller's own; without one it is plain TLS."""
    roots, own_key, own_cert = (Path(file).read_bytes() if file else None for file in (ca, key, cert))
    return grpc.ssl_channel_credentials(roots, own_key, own_cert)


# docs: end tls


# docs: begin call
def decide(
    stub: rpc.DeciderServiceStub, request: pb.DecideTopicCreationRequest, timeout: float
) -> pb.DecideTopicCreationResponse:
    """Return the decision. A grpc.RpcError says that there is none: what then is the caller's choice."""
    return stub.DecideTopicCreation(request, timeout=timeout)  # seconds; the retries are within it


# Of a call's status, and of an item of a batch.
Violation = error_details_pb2.BadRequest.FieldViolation | pb.FieldViolation


def violations(error: grpc.RpcError) -> Sequence[error_details_pb2.BadRequest.FieldViolation]:
    """The fields that make a request an INVALID_ARGUMENT."""
    status = rpc_status.from_call(error)
    bad = error_details_pb2.BadRequest()
    found = [detail for detail in status.details if detail.Unpack(bad)] if status else []
    return bad.field_violations if found else ()


# docs: end call


# docs: begin ask
def ask(stub: rpc.DeciderServiceStub, topic: str, request_id: str) -> str:
    request = pb.DecideTopicCreationRequest(
        app_id=1400000000,
        operator_user_id="user_42",
        topic_name=topic,
        request_id=request_id,  # your own id of the event: the same when you ask again
    )
    try:
        return end_of(decide(stub, request, timeout=0.5))
    except grpc.RpcError as error:
        return no_decision(error.code().name, violations(error))


def end_of(decision: pb.DecideTopicCreationResponse) -> str:
    if decision.verdict == policy_pb2.VERDICT_ALLOW:
        return "allowed"
    if decision.verdict == policy_pb2.VERDICT_REFUSE:
        return f"refused: {decision.code} {decision.message}"
    return f"could not decide: verdict {decision.verdict}"  # one that this program does not know


def no_decision(status: str, bad: Iterable[Violation]) -> str:
    return ", ".join([f"could not decide: {status}", *(f"{each.field} {each.description}" for each in bad)])


# docs: end ask


# docs: begin batch
def ask_all(stub: rpc.DeciderServiceStub, requests: Sequence[pb.DecideTopicCreationRequest]) -> list[str]:
    """What became of each; a grpc.RpcError says that there is no decision on any of them."""
    batch = pb.BatchDecideTopicCreationRequest(requests=requests)  # at most 500
    outcomes = stub.BatchDecideTopicCreation(batch, timeout=5).outcomes  # as many, in their order
    return [
        no_decision(STATUS.get(each.error.code, "UNKNOWN"), each.error.violations)
        if each.WhichOneof("outcome") == "error"
        else end_of(each.response)  # none of a kind that this program does not know: its verdict is 0
        for each in outcomes
    ]


STATUS = {status.value[0]: status.name for status in grpc.StatusCode}


# docs: end batch
