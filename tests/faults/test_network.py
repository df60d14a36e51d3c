"""A network that swallows what is sent, made of a network namespace."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from deployments import Deployment
from processes import TIMEOUT, free_port
from programs import path_of, skip_unless

OURS, THEIRS = "10.217.{}.1", "10.217.{}.2"


@dataclass
class Network:
    """A link between this machine and a namespace for the decider, by a number that is this process' own."""

    number: int

    @property
    def namespace(self) -> str:
        return f"faults{self.number}"

    @property
    def before(self) -> tuple[str, ...]:
        """What runs a program on the other side."""
        return (path_of("ip"), "netns", "exec", self.namespace)

    @property
    def address(self) -> str:
        return f"{THEIRS.format(self.number)}:{free_port()}"

    def build(self) -> None:
        ours, theirs = f"fo{self.number}", f"ft{self.number}"
        self.ip("netns", "add", self.namespace)
        self.ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", self.namespace)
        self.ip("address", "add", OURS.format(self.number) + "/30", "dev", ours)
        self.ip("link", "set", ours, "up")
        self.ip("-n", self.namespace, "address", "add", THEIRS.format(self.number) + "/30", "dev", theirs)
        self.ip("-n", self.namespace, "link", "set", theirs, "up")
        self.ip("-n", self.namespace, "link", "set", "lo", "up")

    def swallow(self) -> None:
        """From now on no packet gets back from there, and nobody is told."""
        self.ip("-n", self.namespace, "route", "add", "blackhole", OURS.format(self.number) + "/32")

    def mend(self) -> None:
        self.ip("-n", self.namespace, "route", "delete", "blackhole", OURS.format(self.number) + "/32")

    def remove(self) -> None:
        self.ip("netns", "delete", self.namespace)

    def ip(self, *arguments: str) -> None:
        done = subprocess.run([path_of("ip"), *arguments], capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0, (arguments, done.stderr)


@pytest.fixture
def network() -> Iterator[Network]:
    skip_unless(os.geteuid() == 0, "to make a network namespace needs root")
    made = Network(os.getpid() % 250)
    made.build()
    yield made
    made.remove()


def test_while_the_network_swallows_everything_everyone_gets_on_failure_in_time(
    deployment: Deployment, network: Network
) -> None:
    deployment.decider(before=network.before, address=network.address, DECIDER_PLAINTEXT="anywhere")
    deployment.adapter()
    with deployment.under_load("network swallows everything") as case:
        network.swallow()
        case.lasts(240)
        network.mend()
        case.mended()
    assert case.fallbacks > 100
