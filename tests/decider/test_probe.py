"""The decider asked whether it lives and is ready, over its own way in."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from certificates import Authority
from cryptography.x509 import load_pem_x509_certificate
from grpc_health.v1 import health_pb2, health_pb2_grpc
from policies import request, write_policy
from processes import TIMEOUT, Program, eventually, free_port

from decider.probe import Probe, is_probe
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

CA = Authority()
POLICY = "version: 1\n"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(**settings: str) -> Running:
        started.append(Running(tmp_path, settings))
        return started[-1]

    yield start
    for each in started:
        each.program.end()


class Running:
    """A decider as a process with an admin port."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.address, self.admin = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        given = {
            "DECIDER_POLICY": str(write_policy(folder, POLICY)),
            "DECIDER_LISTEN": self.address,
            "DECIDER_ADMIN_LISTEN": self.admin,
            "DECIDER_LIMITS": "memory://",
            "DECIDER_DRAIN_PAUSE": "0",
            **settings,
        }
        self.program = Program.module("decider", "serve", **given).wait_for('"event": "serving"')

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{self.admin}{path}", timeout=TIMEOUT) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def parts(self) -> dict[str, str]:
        return {part["name"]: part["state"] for part in json.loads(self.ask("/readyz")[1])["components"]}

    @property
    def probe(self) -> str:
        # As the system tells: the sockets that have a name and no file, by their inodes.
        folder = Path(f"/proc/{self.program.pid}/fd")
        own = {os.readlink(each) for each in folder.iterdir() if each.is_symlink()}
        rows = re.findall(r" (\d+) @(decider-\w+)$", Path("/proc/net/unix").read_text(), re.MULTILINE)
        [name] = {name for inode, name in rows if f"socket:[{inode}]" in own}
        return f"unix-abstract:{name}"


def test_a_decider_with_mutual_tls_is_asked_and_its_way_in_leads_to_health_alone(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    cert, key = CA.issue("localhost").write(tmp_path, "decider")
    tls = {"DECIDER_TLS_CERT": str(cert), "DECIDER_TLS_KEY": str(key), "DECIDER_TLS_CLIENT_CA": str(CA.write(tmp_path))}
    decider = run(**tls)
    assert decider.ask("/healthz") == (200, "alive\n")
    assert decider.ask("/readyz")[0] == 200
    with grpc.insecure_channel(decider.probe) as channel:
        status = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
        assert status.status == health_pb2.HealthCheckResponse.SERVING
        stub = rpc.DeciderServiceStub(channel)
        for call in (
            lambda: stub.DecideTopicCreation(request(), timeout=TIMEOUT),
            lambda: stub.BatchDecideTopicCreation(pb.BatchDecideTopicCreationRequest(), timeout=TIMEOUT),
            lambda: stub.GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT),
        ):
            with pytest.raises(grpc.RpcError) as turned_away:
                call()
            assert turned_away.value.code() is grpc.StatusCode.PERMISSION_DENIED
    decider.program.signal(signal.SIGTERM)
    assert decider.program.wait() == 0


@pytest.mark.parametrize(
    ("peer", "is_one"), [("unix:", True), ("unix-abstract:own-name", True), ("ipv4:127.0.0.1:5", False)]
)
def test_whoever_comes_by_that_way_is_known_by_it_and_nobody_else(peer: str, is_one: bool) -> None:
    assert is_probe(peer) is is_one


def test_the_expiry_of_certificates_is_told_and_warned_of(run: Callable[..., Running], tmp_path: Path) -> None:
    cert, key = CA.issue("localhost").write(tmp_path, "decider")
    decider = run(DECIDER_TLS_CERT=str(cert), DECIDER_TLS_KEY=str(key))
    end = load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc.timestamp()
    told = decider.ask("/metrics")[1].partition('_expiry_timestamp_seconds{file="DECIDER_TLS_CERT"} ')[2]
    assert float(told.split()[0]) == end
    assert '"days": 1.0, "event": "certificate ends soon"' in decider.program.output


def test_a_server_that_hangs_is_not_alive(run: Callable[..., Running]) -> None:
    with Probe() as probe:
        assert probe.ask() == ""  # nobody listens there
        server = grpc.server(ThreadPoolExecutor(1))
        silent = threading.Event()
        handler = grpc.unary_unary_rpc_method_handler(lambda request, context: silent.wait(TIMEOUT))
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),)
        )
        server.add_insecure_port(probe.address)
        server.start()
        assert probe.ask() == ""  # somebody does, and does not answer
        silent.set()
        server.stop(0).wait()


def test_a_decider_that_drains_is_alive_and_not_ready(run: Callable[..., Running]) -> None:
    decider = run(DECIDER_DRAIN_PAUSE="20")
    decider.program.signal(signal.SIGTERM)
    eventually(lambda: decider.ask("/readyz")[0] == 503, "not being ready")
    assert decider.parts() == {"server": "draining", "policy": "loaded", "limits": "asked"}
    assert decider.ask("/healthz") == (200, "alive\n")
    decider.program.signal(signal.SIGTERM)
    assert decider.program.wait() == 0


def test_a_change_that_cannot_be_used_is_told_and_the_decider_stays_ready(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    decider = run(DECIDER_RELOAD_INTERVAL="0.1")
    write_policy(tmp_path, "version: 2\n")
    eventually(lambda: decider.parts()["policy"] == "a change on disk cannot be used", "the failure")
    assert decider.ask("/readyz")[0] == 200
    metrics = decider.ask("/metrics")[1]
    assert 'decider_policy_reload_failed{which="active"} 1.0' in metrics
    assert 'decider_policy_reloads_total{outcome="failed",which="active"} 1.0' in metrics


def test_a_store_in_trouble_is_told_and_the_decider_stays_ready(run: Callable[..., Running], tmp_path: Path) -> None:
    decider = run(DECIDER_LIMITS=f"redis://127.0.0.1:{free_port()}", DECIDER_RELOAD_INTERVAL="0.1")
    limit = "rules:\n  - {id: one, limit: {count: 1, per: 1h, key: '\"all\"'}, refuse: {}}\n"
    write_policy(tmp_path, POLICY + limit)
    eventually(lambda: "reloaded" in decider.program.output, "the policy with a limit")
    with grpc.insecure_channel(decider.address) as channel:
        for _ in range(3):
            with pytest.raises(grpc.RpcError):
                rpc.DeciderServiceStub(channel).DecideTopicCreation(request(), timeout=TIMEOUT)
    assert decider.parts()["limits"] == "store left alone after failures"
    assert decider.ask("/readyz")[0] == 200


def test_a_decider_that_sheds_calls_is_alive_and_ready(run: Callable[..., Running]) -> None:
    decider = run(DECIDER_MAX_CALLS="10")
    over = threading.Event()

    def nothing() -> Iterator[bytes]:
        over.wait(TIMEOUT)
        yield from ()

    with grpc.insecure_channel(decider.address) as channel:
        method = channel.stream_stream("/decider.v1.DeciderService/DecideTopicCreation")
        held = [method(nothing()) for _ in range(10)]
        eventually(lambda: "decider_calls_in_flight 10.0" in decider.ask("/metrics")[1], "all calls taken")
        with pytest.raises(grpc.RpcError) as shed:
            rpc.DeciderServiceStub(channel).DecideTopicCreation(request(), timeout=TIMEOUT)
        assert shed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert decider.ask("/healthz") == (200, "alive\n")
        assert (decider.ask("/readyz")[0], decider.parts()["server"]) == (200, "shedding")
        over.set()
        for call in held:
            call.cancel()
    eventually(lambda: decider.parts()["server"] == "serving", "room again")
    counted = [line for line in decider.ask("/metrics")[1].splitlines() if line.startswith("decider_shed_total")]
    assert float(next(line for line in counted if 'reason="calls"' in line).split()[1]) >= 1
