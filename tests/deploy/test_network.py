"""The network policies, taken at their word: who reaches whom."""

import re
import shutil
from pathlib import Path
from typing import Any

from manifests import FOLDER, Manifests, rendered, selects
from processes import ROOT

Pod = tuple[str, dict[str, str]]  # its namespace and its labels

# Who is in the cluster, by namespace and labels; ours are added from the manifests.
OTHERS: dict[str, Pod] = {
    "ingress controller": ("ingress", {"app.kubernetes.io/name": "any"}),
    "prometheus": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
    "coredns": ("kube-system", {"k8s-app": "kube-dns"}),
    "redis": ("ours", {"app.kubernetes.io/name": "redis"}),
    "stranger": ("ours", {"app.kubernetes.io/name": "stranger"}),
    "stranger elsewhere": ("elsewhere", {"app.kubernetes.io/name": "adapter"}),
}
PORTS = {53, 6379, 8080, 8081, 50051}
NEEDED = {
    ("ingress controller", "adapter", 8080),
    ("prometheus", "adapter", 8081),
    ("prometheus", "decider", 8081),
    ("adapter", "decider", 50051),
    ("adapter", "coredns", 53),
    ("decider", "coredns", 53),
    ("decider", "redis", 6379),
}


def test_what_is_needed_gets_through_and_nothing_else(overlay: Manifests) -> None:
    ours = {each.name: ("ours", dict(each.labels)) for each in overlay.workloads()}
    pods = ours | OTHERS
    let_through = {
        (source, target, port)
        for source in pods
        for target in pods
        for port in PORTS
        if (source in ours or target in ours)
        and permits(overlay, "egress", pods[source], pods[target], port)
        and permits(overlay, "ingress", pods[target], pods[source], port)
    }
    assert let_through == NEEDED


def permits(overlay: Manifests, way: str, pod: Pod, peer: Pod, port: int) -> bool:
    """Whether the policies for a pod permit a connection to (egress) or from (ingress) a peer."""
    namespace, labels = pod
    policies = [
        each["spec"]
        for each in overlay.of("NetworkPolicy")
        if namespace == "ours" and selects(each["spec"]["podSelector"], labels)
    ]
    restricting = [each for each in policies if way.capitalize() in each["policyTypes"]]
    rules = [rule for each in restricting for rule in each.get(way, [])]
    side = "to" if way == "egress" else "from"
    return not restricting or any(
        any(is_peer(each, *peer) for each in rule[side])
        and port in {number(overlay, each["port"]) for each in rule["ports"]}
        for rule in rules
    )


def is_peer(peer: dict[str, Any], namespace: str, labels: dict[str, str]) -> bool:
    assert peer.keys() <= {"namespaceSelector", "podSelector"}
    if "namespaceSelector" in peer:
        in_place = selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
    else:
        in_place = namespace == "ours"
    return in_place and selects(peer.get("podSelector", {}), labels)


def number(overlay: Manifests, port: int | str) -> int:
    """A port by its number; every pod of ours that has the name has it for the same number."""
    if isinstance(port, int):
        return port
    (only,) = {each.ports[port] for each in overlay.workloads() if port in each.ports}
    return only


def test_the_patches_of_the_page_change_the_names_that_are_in_the_base(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    (patches,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shutil.copytree(FOLDER, tmp_path / "kubernetes")
    kustomization = tmp_path / "kubernetes" / "production" / "kustomization.yaml"
    kustomization.write_text(kustomization.read_text() + patches)
    changed = rendered("production", tmp_path / "kubernetes")
    prometheus: Pod = ("prometheus", {})
    controller: Pod = ("ingress-nginx", {})
    console, redis = {"app.kubernetes.io/name": "console"}, {"app.kubernetes.io/name": "redis"}
    adapter, decider = (("ours", dict(changed.workload(name).labels)) for name in ("adapter", "decider"))
    assert permits(changed, "ingress", adapter, controller, 8080)
    assert permits(changed, "ingress", decider, prometheus, 8081)
    assert permits(changed, "ingress", decider, ("ours", console), 50051)
    assert permits(changed, "egress", decider, ("redis", redis), 6379)
    assert not permits(changed, "egress", decider, ("ours", redis), 6379)
    assert changed.get("Ingress", "adapter")["spec"]["rules"][0]["host"] == "gate.example.org"
