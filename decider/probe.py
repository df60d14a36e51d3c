"""Whether the decider answers calls: it is asked over a way in of its own, that leads to its health alone."""

from types import TracebackType
from typing import Final, Self
from uuid import uuid4

import grpc
from grpc_health.v1 import health_pb2

# Seconds; far more than an answer takes under any load that was measured, and no longer than probes wait.
_PATIENCE: Final = 1.0
# Peers that come in by this way, as gRPC names them, whether or not they gave themselves an address. Nobody else can:
# the decider listens on TCP.
_PEER: Final = "unix"


def is_probe(peer: str) -> bool:
    """Whether a call came by the probe's way in, where nothing but health is to be had."""
    return peer.startswith(_PEER)


class Probe:
    """Asks the decider in its own process for its health, until it is left as a context.

    A process can live while its gRPC server hangs, so only an answer tells. The way in is a socket of Linux' that has
    a name and no file, so that nothing has to be writable, and nothing is left or can be cleaned away: with mutual TLS,
    the port that callers use would let no such call in.
    """

    def __init__(self) -> None:
        self.address = f"unix-abstract:decider-{uuid4().hex}"
        self._channel = grpc.insecure_channel(self.address, [("grpc.use_local_subchannel_pool", 1)])
        self._check = self._channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._channel.close()

    def ask(self) -> str:
        """What health says, for example SERVING; SHEDDING for a server that has too many calls to say even that.

        Empty: there was no answer.
        """
        try:
            answer = self._check(health_pb2.HealthCheckRequest(), timeout=_PATIENCE)
        except grpc.RpcError as error:
            shedding = isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            return "SHEDDING" if shedding else ""
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
