"""The promise of limits: in any window never more than the count, whoever asks whom, and whoever is killed then."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hammer import Hammer, Replica, most_in_a_window
from policies import write_policy
from processes import Program
from redis_servers import RedisClusterServers, RedisServer

COUNT, PER = 25, 2  # in any two seconds
REPLICAS, CALLERS = 8, 50
WINDOWS = 4
KILLED = 3
POLICY = f"""\
version: 1
rules:
  - id: few
    limit: {{count: {COUNT}, per: {PER}s, key: request.operator_user_id}}
    refuse: {{code: 10103}}
"""


@pytest.fixture(params=["sqlite", "redis", "redis-cluster"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'limits.db'}"
        return
    server = RedisServer(tmp_path / "redis") if request.param == "redis" else RedisClusterServers(tmp_path / "redis")
    yield server.url
    server.end()


@pytest.fixture
def replicas(store: str, tmp_path: Path) -> Iterator[list[Replica]]:
    policy = tmp_path / "policy"
    policy.mkdir()
    write_policy(policy, POLICY)

    def start(address: str) -> Program:
        settings = {
            "DECIDER_LISTEN": address,
            "DECIDER_POLICY": str(policy),
            "DECIDER_LIMITS": store,
            "DECIDER_DRAIN_PAUSE": "0",
        }
        return Program.module("decider", "serve", **settings).wait_for('"event": "serving"')

    with ThreadPoolExecutor(REPLICAS) as pool:
        started = list(pool.map(lambda _: Replica(start), range(REPLICAS)))
    yield started
    for replica in started:
        replica.end()


def kill_some(replicas: list[Replica]) -> None:
    """Kill one after the other without warning, and start each again."""
    for victim in random.sample(replicas, KILLED):
        victim.kill()
        victim.restart()


@pytest.mark.timeout(300)
def test_in_any_window_exactly_the_count_is_admitted(replicas: list[Replica]) -> None:
    with ThreadPoolExecutor(1) as pool:
        begin = time.monotonic()
        hammers = [Hammer(replica.address, CALLERS) for replica in replicas]
        killing = pool.submit(kill_some, replicas)
        threading.Event().wait(WINDOWS * PER)
        killing.result()
        log = [answer for hammer in hammers for answer in hammer.stop()]
        took = time.monotonic() - begin
    admitted = [answer for answer in log if answer.allowed]
    unknown = sum(answer.allowed is None for answer in log)
    print(f"{len(log)} calls, {len(admitted)} admitted, {unknown} unanswered, {took:.1f} s")
    assert most_in_a_window(admitted, PER) == COUNT
    # Nobody was refused for nothing: every window was used up, but for what the killed took with them, one at most.
    assert len(admitted) >= COUNT * (int(took / PER) - 1)
    assert len(log) - len(admitted) > len(admitted)
