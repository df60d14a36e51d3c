"""An adapter and a decider in containers, and what one asks of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container import Container
from storage import Image

APP, TOKEN = "1400000000", "a-token-of-the-images-test"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An image and the root folder of its containers."""

    image: Image
    root: Path

    def start(
        self, *arguments: str, settings: Mapping[str, str], volumes: Mapping[Path, str] | None = None
    ) -> Container:
        """Start what it runs, with other arguments if there are any."""
        return Container(self.image, self.root, self.image.command(*arguments), settings, volumes or {})

    def run(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Run it to its end; returns the exit code and what it wrote."""
        return self.start(*arguments, settings=settings).output()

    def health(self, settings: Mapping[str, str]) -> int:
        """Return the exit code of its HEALTHCHECK, with the settings of the container that it is for."""
        return Container(self.image, self.root, self.image.health, settings).output()[0]

    def megabytes(self, folder: str = "") -> float:
        """What the files in a folder of it weigh."""
        files = (path for path in (self.root / folder).rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_size for path in files) / 1e6


@dataclass(frozen=True, slots=True)
class Pair:
    """Both, while they serve."""

    adapter: Container
    decider: Container
    unpacked: Mapping[str, Unpacked]
    addresses: Mapping[str, str]
    folder: Path
    seconds: Mapping[str, float]

    def send(self, name: str) -> str:
        """Be the vendor, with the adapter's own image; returns what it says."""
        asked = ("--app", APP, "--operator", "user_42", "--name", name)
        url = f"http://{self.addresses['ADAPTER_LISTEN']}/"
        return self.unpacked["adapter"].run("send", url, *asked, ADAPTER_SEND_TOKEN=TOKEN)[1]

    def health(self, service: str) -> int:
        """Return what an engine learns of a service, 0 if it is well."""
        return self.unpacked[service].health(self.addresses)
