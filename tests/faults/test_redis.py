"""The Redis that keeps the limits goes, or says nothing."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment
from redis_servers import RedisServer
from webhooks import counting


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    yield server
    server.end()


def start(deployment: Deployment, redis: RedisServer, trouble: str) -> None:
    """Start a pair that keeps limits in Redis; `trouble` is what its rule says for when that is gone."""
    deployment.write_policy(counting(trouble))
    deployment.decider(DECIDER_LIMITS=redis.url)
    deployment.adapter()


@pytest.mark.parametrize(("trouble", "least", "most"), [("fail", 20, 1000), ("skip", 0, 0)])
def test_without_redis_everyone_gets_what_the_rule_says(
    deployment: Deployment, redis: RedisServer, trouble: str, least: int, most: int
) -> None:
    start(deployment, redis, trouble)
    with deployment.under_load(f"Redis killed, on_store_failure {trouble}") as case:
        redis.kill()
        case.lasts(60)
        redis.start()
        case.mended()
    assert least <= case.fallbacks <= most


def test_while_redis_stands_still_everyone_gets_on_failure_in_time(deployment: Deployment, redis: RedisServer) -> None:
    start(deployment, redis, "fail")
    with deployment.under_load("Redis paused, on_store_failure fail") as case:
        redis.program.pause()
        case.lasts(100)
        redis.program.signal(signal.SIGCONT)
        case.mended()
    assert case.fallbacks > 20
