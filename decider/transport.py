"""What one connection may do to the decider: gRPC's own limits, each with its reason."""

from typing import Final

# Callers that find the decider silent may ask it by a ping this often; the adapter does so every 10 s.
_PING_INTERVAL_MS: Final = 5_000
# Longer than any call of a caller that keeps a deadline of seconds.
_AGE_GRACE_MS: Final = 10_000


def server_options(*, max_calls: int, connection_age: float) -> list[tuple[str, int]]:
    """Options for `grpc.server`; `connection_age` is in seconds."""
    return [
        # A second decider on the port is an error, not a silent half of the traffic.
        ("grpc.so_reuseport", 0),
        # The contract's limit; over it: RESOURCE_EXHAUSTED.
        ("grpc.max_receive_message_length", 4 << 20),
        # Metadata is a few hundred bytes. Over the first, calls are turned away more and more often, over the
        # second always.
        ("grpc.max_metadata_size", 8 << 10),
        ("grpc.absolute_max_metadata_size", 16 << 10),
        # More than are worked on, so that who sends too many calls is told so at once and is not left waiting for
        # a stream; bounded, since a stream costs memory before its call is turned away.
        ("grpc.max_concurrent_streams", 2 * max_calls),
        # Who connects and does not finish the handshake goes; gRPC's default is two minutes.
        ("grpc.server_handshake_timeout_ms", 5_000),
        # Finds callers that vanished.
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # Pings cost little, but not nothing: the third that comes too soon ends the connection (ENHANCE_YOUR_CALM).
        ("grpc.http2.min_ping_interval_without_data_ms", _PING_INTERVAL_MS),
        ("grpc.http2.max_ping_strikes", 2),
        # Callers open connections anew now and then, so that they find new replicas, and renewed certificates are
        # asked for. gRPC varies the age by a tenth, so that not all come at once.
        ("grpc.max_connection_age_ms", round(connection_age * 1000)),
        ("grpc.max_connection_age_grace_ms", _AGE_GRACE_MS),
    ]
