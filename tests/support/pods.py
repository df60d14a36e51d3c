"""Pods of the rendered manifests, run here: the container's own environment, its volumes as a kubelet lays them."""

import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import grpc
import urllib3
from grpc_health.v1 import health_pb2, health_pb2_grpc
from manifests import Object, Workload
from processes import Program, free_port


def lay(folder: Path, files: Mapping[str, str | bytes], version: int = 1) -> None:
    """Lay a volume of files as a kubelet does, or put new ones in place of the old in one step."""
    versioned = folder / f"..version_{version}"
    versioned.mkdir(parents=True)
    for name, content in files.items():
        (versioned / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data_tmp").symlink_to(versioned.name)
    (folder / "..data_tmp").rename(folder / "..data")


class Pod:
    """One pod's container as a process; its paths are in a folder here, its ports are free ones on loopback."""

    def __init__(self, workload: Workload, root: Path, host: str, overrides: dict[str, str]) -> None:
        """`overrides` are variables with what stands for a name that only a cluster has."""
        self._workload = workload
        self._root = root
        self.host = host
        self._ports = {number: free_port() for number in workload.ports.values()}
        for mount in workload.container["volumeMounts"]:
            self.path(mount["mountPath"]).mkdir(parents=True, exist_ok=True)
        self._environment = {name: self._here(value) for name, value in workload.environment.items()} | overrides

    def path(self, mount: str) -> Path:
        """Where a path of the container is here."""
        return self._root / mount.lstrip("/")

    def address(self, port: str) -> str:
        """Where a named port is here."""
        return f"{self.host}:{self._ports[self._workload.ports[port]]}"

    def start(self) -> None:
        """Start what the image starts, where it starts it."""
        command = (sys.executable, "-m", self._workload.name, "serve")
        self.program = Program(*command, settings=self._environment)

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        if self.program.exit_code is None:
            self.program.signal(signal.SIGKILL)
            self.program.wait()
        self.program.end()

    def passes(self, probe: str) -> bool:
        """Ask once what a kubelet asks, in the time that it gives."""
        asked = self._workload.probes[probe]
        try:
            return self._get(asked) if "httpGet" in asked else self._check(asked)
        except (urllib3.exceptions.HTTPError, grpc.RpcError):
            return False

    def _get(self, probe: Object) -> bool:
        url = f"http://{self.address(probe['httpGet']['port'])}{probe['httpGet']['path']}"
        answer = urllib3.request("GET", url, timeout=probe["timeoutSeconds"], retries=False)
        return 200 <= answer.status < 400

    def _check(self, probe: Object) -> bool:
        asked = health_pb2.HealthCheckRequest(service=probe["grpc"]["service"])
        with grpc.insecure_channel(f"{self.host}:{self._ports[probe['grpc']['port']]}") as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=probe["timeoutSeconds"])
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _here(self, value: str) -> str:
        if listen := re.fullmatch(r"0\.0\.0\.0:(\d+)", value):
            return f"{self.host}:{self._ports[int(listen[1])]}"
        return str(self.path(value)) if value.startswith("/") else value
