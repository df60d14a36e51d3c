"""Who asks is known by its certificate, and who is not on the list gets no answer but health."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import grpc
import pytest
from certificates import Authority, Pair
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from policies import request
from processes import TIMEOUT

from decider.callers import Callers, identities
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

if TYPE_CHECKING:
    from conftest import Running

CA = Authority()
SERVER = CA.issue("127.0.0.1")
ADAPTER = "spiffe://example.org/ns/im/sa/adapter"
ALLOWED = frozenset({ADAPTER, "batch.im.svc"})
POLICY = "version: 1\n"


@pytest.fixture
def connect(start: Callable[..., Running]) -> Iterator[Callable[..., tuple[Running, grpc.Channel]]]:
    """Starts a decider with mTLS and returns it with a channel of a caller."""
    channels: list[grpc.Channel] = []

    def connect(client: Pair, allowed: frozenset[str] = ALLOWED) -> tuple[Running, grpc.Channel]:
        credentials = grpc.ssl_server_credentials([(SERVER.key, SERVER.cert)], CA.pem, require_client_auth=True)
        running = start(allowed=allowed, credentials=credentials)
        running.use(POLICY)
        own = grpc.ssl_channel_credentials(CA.pem, client.key, client.cert)
        channels.append(grpc.secure_channel(f"127.0.0.1:{running.server.port}", own))
        return running, channels[-1]

    yield connect
    for channel in channels:
        channel.close()


def list_services(channel: grpc.Channel) -> object:
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    return list(reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]), timeout=TIMEOUT))


CALLS: dict[str, Callable[[grpc.Channel], object]] = {
    "decide": lambda channel: rpc.DeciderServiceStub(channel).DecideTopicCreation(request("x"), timeout=TIMEOUT),
    "batch": lambda channel: rpc.DeciderServiceStub(channel).BatchDecideTopicCreation(
        pb.BatchDecideTopicCreationRequest(requests=[request("x")]), timeout=TIMEOUT
    ),
    "policy": lambda channel: rpc.DeciderServiceStub(channel).GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT),
    "reflection": list_services,
}


@pytest.mark.parametrize("call", CALLS)
def test_a_caller_that_is_not_on_the_list_is_denied_every_method(connect: Callable[..., object], call: str) -> None:
    running, channel = connect(CA.issue("stranger.example"))
    with pytest.raises(grpc.RpcError) as raised:
        CALLS[call](channel)
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert running.journal.entries == []
    assert calls(running) == {("other", "denied"): 1}


@pytest.mark.parametrize("call", CALLS)
def test_a_caller_that_is_on_the_list_is_answered(connect: Callable[..., object], call: str) -> None:
    running, channel = connect(CA.issue(ADAPTER))
    assert CALLS[call](channel)
    assert calls(running) == {(ADAPTER, "taken"): 1}


def test_health_stays_open_to_whoever_passes_the_handshake(connect: Callable[..., object]) -> None:
    running, channel = connect(CA.issue("stranger.example"))
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
    assert (answer.status, calls(running)) == (health_pb2.HealthCheckResponse.SERVING, {})


WHO: dict[str, tuple[tuple[str, ...], frozenset[str], str]] = {
    "the one that is allowed, of several": (("first.example", "Batch.IM.svc"), ALLOWED, "batch.im.svc"),
    "a URI before a name, without a list": (("a.example", ADAPTER), frozenset(), ADAPTER),
    "the address, where the certificate has no SAN": ((), frozenset(), "ipv4:127.0.0.1"),
}


@pytest.mark.parametrize("what", WHO)
def test_the_journal_names_the_caller(connect: Callable[..., object], what: str) -> None:
    names, allowed, expected = WHO[what]
    running, channel = connect(CA.issue(*names), allowed)
    CALLS["decide"](channel)
    assert [entry.caller for entry in running.journal.entries] == [expected]


@pytest.mark.parametrize(
    "names",
    [(), (f"{ADAPTER}/x",), (ADAPTER.upper().replace("SPIFFE", "spiffe"),), ("x.batch.im.svc",), ("*.im.svc",)],
    ids=["no SAN", "longer", "another case in a URI", "a name below", "a wildcard"],
)
def test_identities_are_compared_as_a_whole(connect: Callable[..., object], names: tuple[str, ...]) -> None:
    _, channel = connect(CA.issue(*names))
    with pytest.raises(grpc.RpcError) as raised:
        CALLS["decide"](channel)
    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_no_label_is_a_name_that_only_a_caller_knows(connect: Callable[..., object]) -> None:
    running, channel = connect(CA.issue("one.example"), frozenset())
    CALLS["decide"](channel)
    assert calls(running) == {("other", "taken"): 1}


def test_a_name_never_passes_for_a_uri_nor_a_uri_for_a_name() -> None:
    assert identities({"peer_dns": [ADAPTER.encode()], "peer_uri": [b"batch.im.svc"]}) == []
    assert Callers(ALLOWED).label(ADAPTER) == ADAPTER


def calls(running: Running) -> dict[tuple[str, str], float]:
    samples = [sample for metric in running.registry.collect() for sample in metric.samples]
    return {
        (sample.labels["caller"], sample.labels["outcome"]): sample.value
        for sample in samples
        if sample.name == "decider_calls_total"
    }
