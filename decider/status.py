"""How a cause becomes a gRPC status: one table."""

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb

STATUS: dict[Cause, grpc.StatusCode] = {
    Cause.INVALID_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    Cause.NO_POLICY: grpc.StatusCode.UNAVAILABLE,
    Cause.RULE_FAILED: grpc.StatusCode.INTERNAL,
    Cause.LIMITS_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Cause.DEFECT: grpc.StatusCode.INTERNAL,
}


def rpc_error(undecided: Undecided) -> grpc.Status:
    """The status of a call that could not be decided, with a google.rpc.BadRequest where fields are bad."""
    code, _ = STATUS[undecided.cause].value
    status = status_pb2.Status(code=code, message=undecided.message)
    if undecided.violations:
        details = any_pb2.Any()
        details.Pack(_bad_request(undecided))
        status.details.append(details)
    return rpc_status.to_status(status)


def batch_error(undecided: Undecided) -> pb.BatchError:
    """The same for one item of a batch."""
    code, _ = STATUS[undecided.cause].value
    violations = [pb.FieldViolation(field=each.field, description=each.description) for each in undecided.violations]
    return pb.BatchError(code=code, message=undecided.message, violations=violations)


def _bad_request(undecided: Undecided) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(field=each.field, description=each.description)
            for each in undecided.violations
        ]
    )
