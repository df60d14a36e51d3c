"""A rollout as Kubernetes makes it, and the sum that its times in `deploy/kubernetes` must fit."""

import signal
from collections.abc import Callable, Sequence

from fault_case import Case
from hammer import Replica
from processes import Program

# gRPC varies the age of a connection by a tenth.
_JITTER = 1.1
# An adapter looks the name up again when a connection ends, and waits so long between two look-ups:
# grpc.dns_min_time_between_resolutions_ms in adapter/client.py.
_BETWEEN_LOOKUPS = 1.0
# Seconds that CoreDNS lets what it said about a Service be remembered, unless it is told otherwise.
DNS_BEHIND = 5.0


def found_within(connection_age: float, dns_behind: float = DNS_BEHIND) -> float:
    """Seconds from when a decider is ready until every adapter sends it calls, at most."""
    return dns_behind + connection_age * _JITTER + _BETWEEN_LOOKUPS


def replace(
    replica: Replica, address: str, case: Case, lag: float, min_ready: float, endpoints: Callable[[str, str], None]
) -> Program:
    """Put a new process in a replica's place: it is up and ready for `min_ready` seconds before the old one is to end.

    Returns the old one, which nobody waits for: the next may be replaced while it drains. `endpoints` is told, `lag`
    seconds late, what has come and what has gone: whoever spreads the traffic learns of both by then only.
    """
    fresh = replica.start(address)
    case.lasts_seconds(lag)
    endpoints(address, "")
    case.lasts_seconds(min_ready - lag)
    gone, old = replica.address, replica.program
    replica.program, replica.address = fresh, address
    old.signal(signal.SIGTERM)
    case.lasts_seconds(lag)
    endpoints("", gone)
    return old


def ended_well(programs: Sequence[Program]) -> bool:
    """Wait for the end of what was replaced, and say whether each drained."""
    codes = [program.wait() for program in programs]
    for program in programs:
        program.end()
    return set(codes) == {0}
