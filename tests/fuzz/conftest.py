"""The pair under fuzzing, as processes, with what they hold looked at before and after."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from policies import write_policy
from processes import Program, free_port
from reading import APP, NAME
from resources import Holdings

ONE_NAME = f"""\
version: 1
rules:
  - id: the-one
    when: request.topic_name == "{NAME}"
    allow: {{}}
default: refuse
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A decider and an adapter."""

    decider: Program
    adapter: Program
    address: str
    port: int
    folder: Path

    def holdings(self) -> dict[str, Holdings]:
        """What each of them holds."""
        return {"adapter": Holdings.of(self.adapter.pid), "decider": Holdings.of(self.decider.pid)}

    def journal(self) -> list[dict[str, object]]:
        """The lines of the journal."""
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_bytes().splitlines()]


def grown(pair: Pair, before: dict[str, Holdings]) -> bool:
    """Whether a pair holds more than before, beyond what comes and goes."""
    return any(now.grew(before[name], memory=40, others=8) for name, now in pair.holdings().items())


@pytest.fixture
def start_pair(tmp_path: Path) -> Iterator[Callable[[str], Pair]]:
    """Start a pair with a policy; it ends with the test."""
    programs = []

    def start(policy: str) -> Pair:
        address, port = f"127.0.0.1:{free_port()}", free_port()
        write_policy(tmp_path, policy)
        decider = Program.module(
            "decider",
            "serve",
            DECIDER_LISTEN=address,
            DECIDER_POLICY=str(tmp_path / "policy.yaml"),
            DECIDER_JOURNAL=str(tmp_path / "journal.jsonl"),
            DECIDER_JOURNAL_ROTATE_BYTES="0",
            DECIDER_LIMITS="memory://",
            DECIDER_DRAIN_PAUSE="0",
        )
        programs.append(decider.wait_for('"event": "serving"'))
        adapter = Program.module(
            "adapter",
            "serve",
            ADAPTER_LISTEN=f"127.0.0.1:{port}",
            ADAPTER_DECIDER=address,
            ADAPTER_APPS=json.dumps({APP: {"on_failure": "refuse"}}),
            ADAPTER_BUDGET="0.5",
            ADAPTER_DRAIN_PAUSE="0",
        )
        programs.append(adapter.wait_for('"event": "serving"'))
        return Pair(decider, adapter, address, port, tmp_path)

    yield start
    for program in reversed(programs):
        program.end()
