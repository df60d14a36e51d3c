"""Stores of every kind, for one body of tests."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from redis_servers import RedisClusterServers, RedisSentinelServers, RedisServer

from decider.limits.open import open_store
from decider.limits.store import Store

SERVERS = {"redis": RedisServer, "redis-sentinel": RedisSentinelServers, "redis-cluster": RedisClusterServers}
KINDS = ("memory", "sqlite", *SERVERS)
_apps = count(1)


@pytest.fixture(scope="session")
def url_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """URLs of stores by kind; the servers behind them are started when they are first asked for."""
    started: dict[str, object] = {}

    def find(kind: str) -> str:
        if kind == "memory":
            return "memory://"
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('limits') / 'limits.db'}"
        if kind not in started:
            started[kind] = SERVERS[kind](tmp_path_factory.mktemp(kind))
        return str(started[kind].url)  # type: ignore[attr-defined]

    yield find
    for server in started.values():
        server.end()  # type: ignore[attr-defined]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, url_of: Callable[[str], str]) -> Iterator[Store]:
    opened = open_store(url_of(request.param), timeout=10.0, workers=8)
    yield opened
    opened.close()


@pytest.fixture
def key() -> Callable[[str], str]:
    """Keys that no other test has; those of one test are of one app."""
    app = next(_apps)
    return lambda name: f"test:{{{app}}}:{name}"
