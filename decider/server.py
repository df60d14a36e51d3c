"""The gRPC server around the service: port, health, reflection, drain."""

import socket
from dataclasses import dataclass
from threading import Event

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from decider.address import split_address
from decider.health import Health
from decider.lanes import Lanes
from decider.metrics import Metrics
from decider.service import DeciderService
from decider.startup import StartError
from decider.transport import server_options
from decider.turns import Turns
from decider.unreadable import UnreadableMessages
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

SERVICE = pb.DESCRIPTOR.services_by_name["DeciderService"].full_name
# The calls that take turns; batches have threads of their own.
_SHORT = (f"/{SERVICE}/DecideTopicCreation", f"/{SERVICE}/GetPolicy")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers NOT_SERVING until told otherwise."""

    grpc: grpc.Server
    health: Health
    port: int

    def serving(self, *, ready: bool) -> None:
        """Tell health checks, overall and for the service, whether to send calls here."""
        Status = health_pb2.HealthCheckResponse
        for service in ("", SERVICE):
            self.health.set(service, Status.SERVING if ready else Status.NOT_SERVING)

    def drain(self, pause: float, grace: float, at_once: Event) -> None:
        """Say NOT_SERVING, wait `pause` seconds for callers to turn elsewhere, finish calls for at most `grace`.

        When `at_once` is set, neither is waited for.
        """
        self.health.enter_graceful_shutdown()
        at_once.wait(pause)
        stopped = self.grpc.stop(0 if at_once.is_set() else grace)
        while not stopped.wait(0.05):
            if at_once.is_set():
                self.grpc.stop(0)


def create_server(
    service: DeciderService,
    metrics: Metrics,
    interceptors: list[grpc.ServerInterceptor],
    listen: str,
    credentials: grpc.ServerCredentials | None,
    *,
    threads: int,
    max_calls: int,
    connection_age: float,
    probe: str = "",
) -> Server:
    """Listen and answer, NOT_SERVING for now; in plaintext without `credentials`. Raises StartError.

    Of `max_calls` that are taken at a time, `threads` are worked on. `probe` is where probes come in, too.
    """
    lanes = Lanes(metrics, max_calls)
    server = grpc.server(
        lanes.rest,  # type: ignore[arg-type]  # gRPC only submits
        interceptors=[lanes, *interceptors, Turns(_SHORT, threads, metrics), UnreadableMessages()],
        maximum_concurrent_rpcs=max_calls,
        options=server_options(max_calls=max_calls, connection_age=connection_age),
    )
    checks = Health()
    rpc.add_DeciderServiceServicer_to_server(service, server)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    created = Server(server, checks, _listen(server, listen, credentials))
    if probe:
        server.add_insecure_port(probe)
    created.serving(ready=False)
    server.start()
    return created


def _listen(server: grpc.Server, listen: str, credentials: grpc.ServerCredentials | None) -> int:
    try:
        _probe(listen)
        return server.add_secure_port(listen, credentials) if credentials else server.add_insecure_port(listen)
    except OSError as error:
        raise StartError(f"DECIDER_LISTEN {listen}: {str(error.strerror).lower()}") from None
    except RuntimeError as error:
        raise StartError(f"DECIDER_LISTEN {listen}: {error}") from None


def _probe(listen: str) -> None:
    """Raise OSError with the system's reason if the address cannot be bound: gRPC would not tell it."""
    host, port = split_address(listen)
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
