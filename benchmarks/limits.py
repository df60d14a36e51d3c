"""What a limit costs a decision: in memory, in SQLite and in Redis beside the same decision without, in one run.

.venv/bin/python benchmarks/limits.py [--decisions 2000]        # needs redis-server
"""

import argparse
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import uuid_utils
from prometheus_client import CollectorRegistry
from turns import measure

from decider.decisions import Call, Decider
from decider.journal.record import NoJournal
from decider.limits.guard import Guard
from decider.limits.ledger import Ledger
from decider.limits.open import open_store
from decider.metrics import Metrics
from decider.policy.loader import load_policy
from decider.slot import PolicySlot
from decider.v1 import decider_pb2 as pb

POLICY = """\
version: 1
lists:
  staff: {kind: ids, entries: [leckie]}
rules:
  - {id: staff, when: '"staff" in operator.lists', allow: {}}
"""
LIMIT = "  - {id: few, limit: {count: 5, per: 1d, key: request.operator_user_id}, refuse: {code: 10103}}\n"
LAST = "  - {id: long, when: name.length > 50, refuse: {}}\n"
_ids = count()


def decision(stack: ExitStack, folder: Path, policy: str, store: str, *, repeatable: bool) -> Callable[[], object]:
    """One decision for an operator who was never seen before, as a call, with all that serves it but gRPC."""
    folder.mkdir()
    (folder / "policy.yaml").write_text(policy)
    metrics = Metrics(CollectorRegistry())
    guard = Guard(open_store(store, 1.0, 8), 1.0, metrics)
    stack.callback(guard.close)
    slot, none = PolicySlot(), PolicySlot()
    slot.use(load_policy(folder), datetime.now(UTC))
    new_id: Callable[[], str] = lambda: str(uuid_utils.uuid7())  # noqa: E731
    decider = Decider(slot, none, Ledger(guard), NoJournal(), metrics, lambda: datetime.now(UTC), new_id)

    def decide() -> object:
        number = next(_ids)
        request = pb.DecideTopicCreationRequest(
            app_id=1,
            operator_user_id=f"user{number}",
            topic_name="Board games on Friday",
            request_id=f"r{number}" if repeatable else "",
        )
        return decider.decide(decider.policy(), request, Call("benchmark", time.monotonic() + 1.5))

    return decide


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A server without persistence, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=2000)
    rounds = parser.parse_args().decisions
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stores = {"memory": "memory://", "SQLite": f"sqlite:///{folder / 'limits.db'}"}
        if shutil.which("redis-server"):
            stores["Redis"] = stack.enter_context(redis_server(folder))
        calls = {"without a limit": decision(stack, folder / "none", POLICY + LAST, "memory://", repeatable=True)}
        for name, url in stores.items():
            for repeatable in (False, True):
                title = f"one limit, {name}{', with a request_id' if repeatable else ''}"
                calls[title] = decision(stack, folder / title, POLICY + LIMIT + LAST, url, repeatable=repeatable)
        measure(list(calls.values()), 50)
        base = 0.0
        for title, taken in zip(calls, measure(list(calls.values()), rounds), strict=True):
            median, p99 = statistics.median(taken) * 1e6, statistics.quantiles(taken, n=100)[98] * 1e6
            base = base or median
            more = f"+{median - base:6.0f} µs, x{median / base:.1f}"
            print(f"{title:40} median {median:7.0f} µs   p99 {p99:7.0f} µs   {more}")


if __name__ == "__main__":
    main()
