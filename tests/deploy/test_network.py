"""The network policies, taken at their word: who reaches whom."""

from typing import Any

from manifests import Manifests, selects

# Who is in the cluster, by namespace and labels; ours are added from the manifests.
OTHERS: dict[str, tuple[str, dict[str, str]]] = {
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


def permits(
    overlay: Manifests, way: str, pod: tuple[str, dict[str, str]], peer: tuple[str, dict[str, str]], port: int
) -> bool:
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
