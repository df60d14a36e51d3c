"""Several deciders behind one name, as a headless Service has them."""

from pathlib import Path

from deployments import Deployment
from hammer import Replica
from name_server import NameServer
from processes import free_port

NAME = "decider.test"


class Deciders:
    """Deciders on one port of several addresses, and the name that stands for those that are ready."""

    def __init__(self, deployment: Deployment, **settings: str) -> None:
        self._deployment = deployment
        self._settings = settings
        self.port = free_port()
        self._hosts = iter(f"127.0.0.{number}" for number in range(2, 255))
        self.names = NameServer()
        self.target = self.names.target(NAME, self.port)

    @property
    def all(self) -> list[Replica]:
        """Each that was started, in order."""
        return self._deployment.deciders

    def start(self, **settings: str) -> Replica:
        """Start one more; the name stands for it, too."""
        address = self.address()
        defaults = {"DECIDER_JOURNAL": str(self._journal(address)), **self._settings}
        decider = self._deployment.decider(address=address, **defaults | settings)
        self.changed(address, "")
        return decider

    def address(self) -> str:
        """One that no decider has had."""
        return f"{next(self._hosts)}:{self.port}"

    def changed(self, come: str, gone: str) -> None:
        """Have the name stand for one more, or for one less."""
        hosts = {*self.names.addresses, come.partition(":")[0]} - {gone.partition(":")[0], ""}
        self.names.addresses = tuple(sorted(hosts))

    def decided(self, decider: Replica) -> int:
        """How many decisions one has written down."""
        return len(self._journal(decider.address).read_text().splitlines())

    def _journal(self, address: str) -> Path:
        return self._deployment.folder / f"{address}.jsonl"

    def close(self) -> None:
        """End the name server; the deciders are the deployment's."""
        self.names.close()
