"""A real decider on a free port, in this process, for tests that call it over gRPC."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import grpc
import pytest
import uuid_utils
from policies import write_policy
from prometheus_client import CollectorRegistry

from decider.callers import Callers, Gate
from decider.decisions import Decider
from decider.journal.record import Entry
from decider.limits.guard import Guard
from decider.limits.ledger import Ledger
from decider.limits.memory import MemoryStore
from decider.limits.store import Store
from decider.metrics import Metrics
from decider.policy.loader import load_policy
from decider.server import Server, create_server
from decider.service import DeciderService
from decider.slot import PolicySlot
from decider.v1 import decider_pb2_grpc as rpc


@dataclass
class Memory:
    """A journal that keeps its entries, and holds decisions up while its gate is closed."""

    entries: list[Entry] = field(default_factory=list)
    gate: Event = field(default_factory=Event)
    waiting: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def record(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.waiting.set()
        assert self.gate.wait(30)

    def close(self) -> None:
        pass


@dataclass
class Running:
    """A running decider and what a test wants to see of it."""

    server: Server
    active: PolicySlot
    candidate: PolicySlot
    journal: Memory
    registry: CollectorRegistry
    folder: Path
    channel: grpc.Channel

    @property
    def stub(self) -> rpc.DeciderServiceStub:
        return rpc.DeciderServiceStub(self.channel)

    def use(self, text: str) -> None:
        """Decide by this policy."""
        self.active.use(load_policy(write_policy(self.folder, text)), datetime.now(UTC))
        self.server.serving(ready=True)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts deciders that have no policy yet, and ends them."""
    running: list[Running] = []
    guards: list[Guard] = []

    def start_one(
        *,
        store: Store | None = None,
        allowed: frozenset[str] = frozenset(),
        credentials: grpc.ServerCredentials | None = None,
        **limits: float,
    ) -> Running:
        active, candidate, journal, registry = PolicySlot(), PolicySlot(), Memory(), CollectorRegistry()
        metrics, callers = Metrics(registry), Callers(allowed)
        guards.append(Guard(store or MemoryStore(time.monotonic), 1.0, metrics))
        decider = Decider(
            active,
            candidate,
            Ledger(guards[-1]),
            journal,
            metrics,
            lambda: datetime.now(UTC),
            lambda: str(uuid_utils.uuid7()),
        )
        server = create_server(
            DeciderService(decider, callers, metrics),
            metrics,
            [Gate(callers, metrics)],
            "127.0.0.1:0",
            credentials,
            **{"threads": 4, "max_calls": 100, "connection_age": 300, **limits},
        )
        channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
        running.append(Running(server, active, candidate, journal, registry, tmp_path, channel))
        return running[-1]

    yield start_one
    for each in running:
        each.channel.close()
        each.server.drain(0, 5, Event())
    for guard in guards:
        guard.close()


@pytest.fixture
def decider(start: Callable[..., Running]) -> Running:
    """A running decider without a policy."""
    return start()
