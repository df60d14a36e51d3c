"""A container without an engine: an image's command as process 1, as nobody, on a root that cannot be written."""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from processes import Program
from programs import path_of
from storage import Image

STOP_WITHIN = 10.0  # seconds: what Docker waits between SIGTERM and SIGKILL
_HOSTS = Path("/etc/hosts")  # an engine gives one to each container

# The mounts are in a namespace of their own, so that they end with the container.
_START = """
set -eu
root=$1; volumes=$2; shift 2
mount --bind "$root" "$root"
for volume in $volumes; do mount --bind "${volume%%:*}" "$root${volume#*:}"; done
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
exec "$@"
"""


class Container:
    """A program in an image's root folder; it shares nothing but the network with this machine."""

    def __init__(
        self,
        image: Image,
        root: Path,
        command: Sequence[str],
        settings: Mapping[str, str],
        volumes: Mapping[Path, str] = MappingProxyType({}),
    ) -> None:
        """Run a command; `volumes` are folders and files of this machine and where to have them."""
        mounted = {_HOSTS: str(_HOSTS), **volumes}
        for source, where in mounted.items():
            _make_room(source, root / where.lstrip("/"))
        mounts = " ".join(f"{source}:{where}" for source, where in mounted.items())
        environment = [f"{name}={value}" for name, value in {**image.environment, **settings}.items()]
        user, _, group = image.config["User"].partition(":")
        self.started = time.monotonic()
        self.program = Program(
            *(path_of("unshare"), "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", _START, "sh", str(root), mounts),
            *("chroot", str(root), "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
            *("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"),
            *("env", "--ignore-environment", f"--chdir={image.config['WorkingDir'] or '/'}", *environment),
            *command,
        )

    def serving(self) -> float:
        """Wait until it serves; returns the seconds since its start."""
        self.program.wait_for('"event": "serving"')
        return time.monotonic() - self.started

    @property
    def process(self) -> Path:
        """Its process 1, as this machine sees it in /proc."""
        children = Path(f"/proc/{self.program.pid}/task/{self.program.pid}/children")
        return Path("/proc", children.read_text().strip())

    def status(self, field: str) -> str:
        """A line of what the kernel says of its process 1."""
        lines = (self.process / "status").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(f"{field}:"))

    def output(self) -> tuple[int, str]:
        """Wait for its end; returns its exit code and what it wrote."""
        code = self.program.wait()
        self.program.end()
        return code, self.program.output.rstrip("\0")

    def stop(self) -> tuple[int, float]:
        """Do what an engine does first; returns the exit code and the seconds it took."""
        asked = time.monotonic()
        os.kill(int(self.process.name), signal.SIGTERM)
        return self.program.wait(STOP_WITHIN), time.monotonic() - asked

    def end(self) -> None:
        """End it, whatever state it is in."""
        if self.program.exit_code is None:
            os.kill(int(self.process.name), signal.SIGKILL)
            self.program.wait()
        self.program.end()


def _make_room(source: Path, place: Path) -> None:
    """Have something to mount over, as an engine has."""
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
