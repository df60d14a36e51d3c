"""The Redis that keeps the limits goes, or says nothing."""

import signal

import pytest
from redis_servers import RedisServer
from steady_load import COUNTED


@pytest.fixture
def counting(deployment, tmp_path):
    """Starts a deployment that keeps limits in Redis; gives it and the Redis."""
    server = RedisServer(tmp_path / "redis")

    def start(trouble):
        deployment.write_policy(COUNTED.format(trouble=trouble))
        deployment.decider(DECIDER_LIMITS=server.url)
        deployment.adapter()
        return deployment, server

    yield start
    server.end()


@pytest.mark.parametrize(("trouble", "least", "most"), [("fail", 20, 1000), ("skip", 0, 0)])
def test_without_redis_everyone_gets_what_the_rule_says(counting, trouble, least, most):
    deployment, server = counting(trouble)
    with deployment.under_load(f"Redis killed, on_store_failure {trouble}") as case:
        server.kill()
        case.lasts(60)
        server.start()
        case.mended()
    assert least <= case.finding.fallbacks <= most


def test_while_redis_stands_still_everyone_gets_on_failure_in_time(counting):
    deployment, server = counting("fail")
    with deployment.under_load("Redis paused, on_store_failure fail") as case:
        server.program.pause()
        case.lasts(100)
        server.program.signal(signal.SIGCONT)
        case.mended()
    assert case.finding.fallbacks > 20
