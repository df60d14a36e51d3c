"""Images and the folders that they become, kept by buildah in a store of the project's own."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import ROOT
from programs import path_of

BUILD_WITHIN = 600.0  # seconds


class Storage:
    """One store under `folder`, with everything in it; nothing else of the machine is touched."""

    def __init__(self, folder: Path) -> None:
        """Make the store, or go on with one that is there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._buildah = (path_of("buildah"), "--root", str(folder / "root"), "--runroot", str(folder / "run"))

    def __call__(self, *arguments: str) -> str:
        """What buildah says on standard output; fails with all it said."""
        done = subprocess.run(
            [*self._buildah, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_WITHIN,
        )
        assert done.returncode == 0, f"buildah {' '.join(arguments)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip()

    def has(self, name: str) -> bool:
        """Whether there is an image of this name."""
        return bool(self._images("--filter", f"reference={name}"))

    def build(self, service: str, tag: str, **arguments: str) -> "Image":
        """Build a service's image anew, by its Dockerfile and from what is there: nothing is pulled."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        name = f"localhost/{service}:{tag}"
        # Only Docker's own format has a place for HEALTHCHECK.
        fixed = ["--isolation=chroot", "--format=docker", "--pull=never", "--no-cache", "--timestamp=0", "--quiet"]
        self("build", *fixed, *given, "--file", f"{service}/Dockerfile", "--tag", name, ".")
        return self.image(name)

    def image(self, name: str) -> "Image":
        """An image that is there."""
        return Image(name, json.loads(self("inspect", "--type=image", name))["Docker"])

    def unpack(self, image: "Image") -> Path:
        """The root folder of a container of this image; it is there until `clean`."""
        return Path(self("mount", self("from", "--pull=never", image.name)))

    def run(self, image: "Image", *command: str) -> str:
        """What a command in the image says, run by buildah as the user that the image names."""
        container = self("from", "--pull=never", image.name)
        # Into a file: of what a command writes that ends at once, buildah now and then hands on nothing.
        self("run", "--isolation=chroot", container, "--", "sh", "-c", '"$@" > /tmp/said', "sh", *command)
        return (Path(self("mount", container)) / "tmp/said").read_text().strip()

    def clean(self, keep: str) -> None:
        """Remove every container, and every image but that of this name."""
        self("rm", "--all")
        if others := self._images() - self._images("--filter", f"reference={keep}"):
            self("rmi", "--force", *others)

    def _images(self, *which: str) -> set[str]:
        return set(self("images", "--all", "--quiet", "--no-trunc", *which).split())


@dataclass(frozen=True, slots=True)
class Image:
    """What an engine reads of an image before it runs it."""

    name: str
    document: Mapping[str, Any]

    @property
    def layers(self) -> list[str]:
        """The digests of its layers, the base's first."""
        return list(self.document["rootfs"]["diff_ids"])

    @property
    def config(self) -> Mapping[str, Any]:
        """User, environment, command and the rest."""
        config: Mapping[str, Any] = self.document["config"]
        return config

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets."""
        return dict(line.split("=", 1) for line in self.config["Env"])

    def command(self, *arguments: str) -> list[str]:
        """What it runs, with other arguments if there are any."""
        return [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]

    @property
    def health(self) -> list[str]:
        """The command of its HEALTHCHECK."""
        kind, *command = self.config["Healthcheck"]["Test"]
        assert kind == "CMD", "no shell is needed to ask"
        return list(command)
