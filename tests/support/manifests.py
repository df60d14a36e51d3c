"""What kustomize makes of `deploy/kubernetes`, as objects, and who selects whom among them."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from processes import ROOT, TIMEOUT
from programs import path_of
from ruamel.yaml import YAML

OVERLAYS = ("base", "production")
FOLDER = ROOT / "deploy" / "kubernetes"
Object = Mapping[str, Any]
Labels = Mapping[str, str]


@cache
def rendered(overlay: str, folder: Path = FOLDER) -> "Manifests":
    """The objects of an overlay, as `kubectl apply -k` would send them."""
    command = [path_of("kubectl"), "kustomize", str(folder / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    return Manifests(tuple(YAML(typ="safe").load_all(done.stdout)))


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether a label selector, which must be one of labels alone, selects; an empty one selects everything."""
    assert set(selector) <= {"matchLabels"}
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


@dataclass(frozen=True, slots=True)
class Manifests:
    """All objects of one overlay."""

    objects: tuple[Object, ...]

    def of(self, kind: str) -> Iterator[Object]:
        """Each object of a kind."""
        return (each for each in self.objects if each["kind"] == kind)

    def get(self, kind: str, name: str) -> Object:
        """The one object of a kind and a name."""
        (found,) = (each for each in self.of(kind) if each["metadata"]["name"] == name)
        return found

    def workload(self, name: str) -> "Workload":
        """A Deployment's pods."""
        return Workload(name, self.get("Deployment", name)["spec"])

    def workloads(self) -> "list[Workload]":
        """Every Deployment's pods."""
        return [self.workload(each["metadata"]["name"]) for each in self.of("Deployment")]

    def selected(self, selector: Mapping[str, Any]) -> list[str]:
        """The names of the Deployments whose pods a selector selects."""
        return [each.name for each in self.workloads() if selects(selector, each.labels)]


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment: its name, its spec, and what matters of its pods, which have one container."""

    name: str
    spec: Object

    @property
    def pod(self) -> Object:
        return self.spec["template"]["spec"]  # type: ignore[no-any-return]

    @property
    def labels(self) -> Labels:
        return self.spec["template"]["metadata"]["labels"]  # type: ignore[no-any-return]

    @property
    def container(self) -> Object:
        (only,) = self.pod["containers"]
        return only  # type: ignore[no-any-return]

    @property
    def environment(self) -> Mapping[str, str]:
        """The container's variables; each has its value there."""
        return {each["name"]: each["value"] for each in self.container["env"]}

    @property
    def ports(self) -> Mapping[str, int]:
        return {each["name"]: each["containerPort"] for each in self.container["ports"]}

    @property
    def probes(self) -> Mapping[str, Object]:
        return {name: self.container[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")}

    def seconds(self, variable: str) -> float:
        """A setting that is a time."""
        return float(self.environment[variable])
