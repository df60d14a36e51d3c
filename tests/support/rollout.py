"""How long it takes until every adapter knows a new decider: the sum that the times in `deploy/kubernetes` must fit."""

# gRPC varies the age of a connection by a tenth.
_JITTER = 1.1
# An adapter looks the name up again when a connection ends, and waits so long between two look-ups:
# grpc.dns_min_time_between_resolutions_ms in adapter/client.py.
_BETWEEN_LOOKUPS = 5.0
# Seconds that CoreDNS lets what it said about a Service be remembered, unless it is told otherwise.
DNS_BEHIND = 5.0


def found_within(connection_age: float, dns_behind: float = DNS_BEHIND) -> float:
    """Seconds from when a decider is ready until every adapter sends it calls, at most."""
    return dns_behind + connection_age * _JITTER + _BETWEEN_LOOKUPS
