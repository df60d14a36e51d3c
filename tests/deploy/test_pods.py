"""The pods of the manifests, run here: they start, are found well by their probes, decide, reload and drain."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from certificates import Authority
from manifests import Manifests
from name_server import NameServer
from pods import Pod, lay
from processes import TIMEOUT, eventually
from redis_servers import RedisServer

APP, TOKEN = "1400000000", "in-a-cluster"
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
POLICY, SECRETS, TLS = "/etc/topic-gate/policy", "/etc/topic-gate/secrets", "/etc/topic-gate/tls"


@dataclass
class Cluster:
    """What stands for one: a pod of each kind, and the name of the headless Service."""

    overlay: Manifests
    decider: Pod
    adapter: Pod

    def send(self, name: str, operator: str = "leckie") -> str:
        """What `adapter send` says of one topic."""
        url = f"http://{self.adapter.address('http')}/"
        asked = ["--app", APP, "--token", TOKEN, "--operator", operator, "--name", name]
        command = [sys.executable, "-m", "adapter", "send", url, *asked, "--timeout", str(TIMEOUT)]
        return subprocess.run(command, capture_output=True, text=True, timeout=2 * TIMEOUT).stdout.splitlines()[0]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as ending:
        yield ending


@pytest.fixture
def cluster(overlay: Manifests, tmp_path: Path, stack: ExitStack) -> Cluster:
    redis, names = RedisServer(tmp_path / "redis"), NameServer("127.0.0.2")
    stack.callback(names.close)
    stack.callback(redis.end)
    root = stack.enter_context(TemporaryDirectory())  # its path is short, as one in a container: a socket's must be
    decider = Pod(overlay.workload("decider"), Path(root, "decider"), "127.0.0.2", {})
    target = names.target("decider", int(decider.address("grpc").rpartition(":")[2]))
    adapter = Pod(overlay.workload("adapter"), Path(root, "adapter"), "127.0.0.1", {"ADAPTER_DECIDER": target})
    lay(decider.path(POLICY), overlay.get("ConfigMap", "policy")["data"])
    lay(decider.path(SECRETS), {"decider_limits": f"redis://127.0.0.1:{redis.port}/0"})
    apps = {APP: {"tokens": [TOKEN], "on_failure": "refuse"}}
    lay(adapter.path(SECRETS), {"adapter_apps": json.dumps(apps)})
    certify(decider, adapter)
    for pod in (decider, adapter):
        pod.start()
        stack.callback(pod.kill)
    return Cluster(overlay, decider, adapter)


def certify(decider: Pod, adapter: Pod) -> None:
    """Lay certificates as cert-manager does, where the pods have a place for them."""
    authority = Authority()
    for pod, name in ((decider, "decider.topic-gate.svc"), (adapter, "adapter.topic-gate.svc")):
        if pod.path(TLS).is_dir():
            pair = authority.issue(name)
            lay(pod.path(TLS), {"tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": authority.pem})


def wait_until_ready(cluster: Cluster) -> None:
    for pod in (cluster.decider, cluster.adapter):
        for probe in PROBES:
            eventually(partial(pod.passes, probe), probe)


def test_the_pods_are_found_ready_decide_and_reload_their_policy(cluster: Cluster) -> None:
    wait_until_ready(cluster)
    eventually(lambda: cluster.send("Board games on Friday") == "allowed", "a verdict")
    assert cluster.send("Crypto giveaway") == "refused with code 10101: That name is not allowed."
    files = cluster.overlay.get("ConfigMap", "policy")["data"]
    lay(cluster.decider.path(POLICY), {**files, "spam.txt": "poker\n"}, version=2)
    eventually(lambda: cluster.send("Poker night").startswith("refused with code 10101"), "the new policy")


@pytest.mark.parametrize("overlay", ["production"], indirect=True)
def test_the_pods_drain_in_the_time_that_they_have(cluster: Cluster) -> None:
    wait_until_ready(cluster)
    asked_to_end = time.monotonic()
    pods = (cluster.decider, cluster.adapter)
    for pod in pods:
        pod.program.signal(signal.SIGTERM)
    for pod in pods:
        eventually(partial(is_not_ready, pod), "a pod that is not ready while it drains")
        assert pod.passes("livenessProbe")
    for name, pod in (("decider", cluster.decider), ("adapter", cluster.adapter)):
        assert pod.program.wait() == 0, pod.program.output
        left = cluster.overlay.workload(name).pod["terminationGracePeriodSeconds"] - (time.monotonic() - asked_to_end)
        assert left > 5


def is_not_ready(pod: Pod) -> bool:
    return not pod.passes("readinessProbe")


@pytest.mark.parametrize("overlay", ["base"], indirect=True)
def test_an_adapter_without_any_decider_stays_ready_and_answers_on_failure(cluster: Cluster) -> None:
    eventually(lambda: cluster.adapter.passes("readinessProbe"), "an adapter that is ready")
    cluster.decider.program.signal(signal.SIGKILL)
    eventually(lambda: cluster.send("Board games on Friday").startswith("refused with code 1"), "on_failure")
    assert cluster.adapter.passes("readinessProbe")
