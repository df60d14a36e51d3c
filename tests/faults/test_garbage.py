"""Something that is no decider answers in the decider's place."""

import itertools
import random
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import grpc
import pytest
from deployments import Deployment
from processes import TIMEOUT

from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

CHANCE = random.Random(1)
METHOD = "/decider.v1.DeciderService/DecideTopicCreation"
TRACE = 'Traceback (most recent call last):\n  File "/srv/decider.py", line 1, in decide\nKeyError: "secret"'


def response(verdict: "policy_pb2.Verdict.ValueType", code: int, message: str = "") -> bytes:
    return pb.DecideTopicCreationResponse(verdict=verdict, code=code, message=message).SerializeToString()


# What is no verdict. A well-formed verdict is believed, whoever gives it: that is what mutual TLS is for.
MESSAGES = [
    b"",
    b"\xff" * 100,
    CHANCE.randbytes(1000),
    TRACE.encode(),
    response(policy_pb2.VERDICT_ALLOW, 0)[:-1],
    response(policy_pb2.VERDICT_UNSPECIFIED, 10101, TRACE),
    response(policy_pb2.VERDICT_ALLOW, 10101, TRACE),
    response(policy_pb2.VERDICT_REFUSE, 0, TRACE),
    response(policy_pb2.VERDICT_REFUSE, 99, TRACE),
    response(policy_pb2.VERDICT_REFUSE, 10201, TRACE),
    response(policy_pb2.VERDICT_REFUSE, 1, TRACE).replace(b"\x08\x02", b"\x08\x4d", 1),
    response(policy_pb2.VERDICT_REFUSE, 10101, "x" * (2 << 20)),
    response(policy_pb2.VERDICT_REFUSE, 10101, "message").replace(b"message", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9"),
]
# INVALID_ARGUMENT alone has a meaning: the webhook is at fault.
STATUSES = [code for code in grpc.StatusCode if code not in (grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT)]


class Garbler(grpc.GenericRpcHandler):
    """Answers with one piece of garbage after the other."""

    def __init__(self) -> None:
        self._garbage = itertools.cycle([*MESSAGES, *STATUSES])

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        return grpc.unary_unary_rpc_method_handler(self._answer) if details.method == METHOD else None

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        garbage = next(self._garbage)
        if isinstance(garbage, grpc.StatusCode):
            context.abort(garbage, TRACE)
        return garbage


class Babbler:
    """Takes connections and answers each with one of a few texts that are not gRPC, or hangs up."""

    TEXTS = (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops", CHANCE.randbytes(4096), b"\0" * 9000, b"")

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._listener = socket.create_server((host, int(port)))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(TIMEOUT)
        self._listener.close()

    def _run(self) -> None:
        for text in itertools.cycle(self.TEXTS):
            try:
                caller = self._listener.accept()[0]
            except OSError:
                return
            with caller, suppress(OSError):  # it may have hung up meanwhile
                caller.sendall(text)
                caller.shutdown(socket.SHUT_WR)


def garbler(address: str) -> Callable[[], object]:
    """A gRPC server that garbles, and how to stop it."""
    server = grpc.server(ThreadPoolExecutor(8), handlers=[Garbler()], options=[("grpc.so_reuseport", 0)])
    assert server.add_insecure_port(address)
    server.start()
    return lambda: server.stop(0).wait()


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ("gRPC garbage in the decider's place", garbler),
        ("no gRPC at all in the decider's place", lambda address: Babbler(address).stop),
    ],
    ids=["gRPC", "no gRPC"],
)
def test_garbage_is_no_verdict_and_nothing_of_it_is_told(
    deployment: Deployment, fault: str, start: Callable[[str], Callable[[], object]]
) -> None:
    decider = deployment.decider()
    deployment.adapter()
    with deployment.under_load(fault) as case:
        decider.kill()
        stop = start(decider.address)
        case.lasts(120)
        stop()
        decider.restart()
        case.mended()
    assert case.fallbacks > 60
