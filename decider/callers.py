"""Who asks, and who may: callers told apart by the client certificate of their connection."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog

from decider.metrics import Metrics
from decider.probe import is_probe

_log = structlog.get_logger(__name__)

# What a probe needs, and nothing that a decision or the policy could be read from.
_OPEN: Final = "/grpc.health.v1.Health/"
# Names of callers that were turned away; more than this many are counted, but not logged.
_TOLD_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Callers:
    """`allowed` are the identities that may ask; none: everybody whom the handshake lets in."""

    allowed: frozenset[str] = frozenset()

    def name(self, context: grpc.ServicerContext) -> str:
        """The caller's identity, one that is allowed before others; without a certificate, its address.

        The address is without the port, as gRPC writes it, for example `ipv4:127.0.0.1`.
        """
        names = identities(context.auth_context())  # type: ignore[arg-type]  # the stubs forget that it holds lists
        allowed = [name for name in names if name in self.allowed]
        return next(iter([*allowed, *names]), _address(context.peer()))

    def may_ask(self, name: str) -> bool:
        """Whether a caller of this name is answered."""
        return not self.allowed or name in self.allowed

    def label(self, name: str) -> str:
        """The name for metrics: those that are configured, and `other` for the rest."""
        return name if name in self.allowed else "other"


def identities(authentication: Mapping[str, Iterable[bytes]]) -> list[str]:
    """The names in a verified certificate's SAN: URIs, then DNS names in lower case. No common name.

    The two never meet: a URI has a colon, and a DNS entry that has one is left out.
    """
    uris = [_text(value) for value in authentication.get("peer_uri", ())]
    names = [_text(value).lower() for value in authentication.get("peer_dns", ())]
    return [uri for uri in uris if ":" in uri] + [name for name in names if ":" not in name]


class Gate(grpc.ServerInterceptor):
    """Lets those who may ask through to everything, and everybody else to the health service alone."""

    def __init__(self, callers: Callers, metrics: Metrics) -> None:
        self._callers = callers
        self._metrics = metrics
        self._told: set[str] = set()

    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Put the check before a method. The caller is known only once the call is being worked on."""
        handler = continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(_OPEN):
            return handler
        return _before(handler, self._check)

    def _check(self, context: grpc.ServicerContext) -> None:
        name = self._callers.name(context)
        allowed = self._callers.may_ask(name) and not is_probe(context.peer())
        self._metrics.called(self._callers.label(name), allowed=allowed)
        if not allowed:
            self._tell(name)
            context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{name} is not among the callers that may ask")

    def _tell(self, name: str) -> None:
        if name not in self._told and len(self._told) < _TOLD_AT_MOST:
            self._told.add(name)
            _log.warning("caller turned away", caller=name)


def _before(
    handler: "grpc.RpcMethodHandler[Any, Any]", check: Callable[[grpc.ServicerContext], None]
) -> "grpc.RpcMethodHandler[Any, Any]":
    make, behaviour = {
        (False, False): (grpc.unary_unary_rpc_method_handler, handler.unary_unary),
        (False, True): (grpc.unary_stream_rpc_method_handler, handler.unary_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, handler.stream_unary),
        (True, True): (grpc.stream_stream_rpc_method_handler, handler.stream_stream),
    }[handler.request_streaming, handler.response_streaming]

    def checked(request: Any, context: grpc.ServicerContext) -> Any:
        check(context)
        return behaviour(request, context)  # type: ignore[misc]  # of the four, the handler has the one asked for

    return make(checked, handler.request_deserializer, handler.response_serializer)


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _address(peer: str) -> str:
    return peer.rpartition(":")[0] if peer.startswith(("ipv4:", "ipv6:")) else peer
