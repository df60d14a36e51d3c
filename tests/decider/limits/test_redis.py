"""What the store in Redis promises besides: time on record is never in the future, and keys do not stay."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from certificates import Authority
from redis_servers import RedisServer

from decider.limits.open import open_store
from decider.limits.store import Counter, Receipt, Store, StoreError
from decider.policy.limit import Usage

PASSWORD = "p@ss/word"
ONE = Counter("{1}:one", count=1, per=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    running = RedisServer(tmp_path_factory.mktemp("redis"))
    yield running
    running.end()


@pytest.fixture
def client(server: RedisServer) -> Iterator["redis.Redis"]:
    with server.client() as client:
        client.flushall()
        yield client


@pytest.fixture
def store(server: RedisServer, client: "redis.Redis") -> Iterator[Store]:
    opened = open_store(server.url, 10.0, 4)
    yield opened
    opened.close()


def take(store: Store, counter: Counter = ONE, receipt: Receipt | None = None) -> Usage:
    return store.settle([counter], receipt, take=True, deadline=time.monotonic() + 30).usages[0]


def test_a_clock_that_was_set_back_admits_no_more(store: Store, client: "redis.Redis") -> None:
    in_an_hour = (int(time.time()) + 3600) * 1_000_000
    client.zadd(ONE.key, {str(in_an_hour): in_an_hour})
    usage = take(store)
    assert (usage.used, usage.full) == (1, True)
    assert usage.frees_in == pytest.approx(60, abs=0.001)


def test_two_in_one_microsecond_are_two(store: Store, client: "redis.Redis") -> None:
    in_an_hour = (int(time.time()) + 3600) * 1_000_000
    many = Counter(ONE.key, count=5, per=60)
    client.zadd(ONE.key, {str(in_an_hour): in_an_hour})
    assert [take(store, many).used for _ in range(3)] == [2, 3, 4]


def test_keys_expire_with_what_they_hold(store: Store, client: "redis.Redis") -> None:
    take(store, receipt=Receipt("{1}:receipt", b"content"))
    assert 60_000 <= client.pttl(ONE.key) <= 61_000
    assert 590_000 <= client.pttl("{1}:receipt") <= 600_000


def test_what_has_left_the_window_is_removed_when_another_is_admitted(store: Store, client: "redis.Redis") -> None:
    client.zadd(ONE.key, {str(number): number for number in range(100)})
    assert not take(store).full
    assert client.zcard(ONE.key) == 1


def test_a_password_from_the_url_is_used(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, "--user", "limiter", "on", f">{PASSWORD}", "~*", "+@all")
    with_it = open_store(server.url.replace("://", "://limiter:p%40ss%2Fword@"), 10.0, 1)
    without = open_store(server.url.replace("://", "://limiter:wrong@"), 10.0, 1)
    assert not take(with_it).full
    with pytest.raises(StoreError, match="AuthenticationError") as caught:
        take(without)
    assert "wrong" not in str(caught.value)
    for store in (with_it, without):
        store.close()
    server.end()


def test_tls_proves_both_sides(tmp_path: Path) -> None:
    authority, other = Authority(), Authority()
    authority.issue("127.0.0.1").write(tmp_path, "redis")
    cert, key = authority.issue("decider").write(tmp_path, "decider")
    ours, theirs = authority.write(tmp_path), other.write(tmp_path, "other")
    server = RedisServer(tmp_path / "redis", tls=tmp_path)
    url = f"rediss://127.0.0.1:{server.tls_port}/0?ssl_certfile={cert}&ssl_keyfile={key}&ssl_ca_certs="
    trusted, mistrusted = (open_store(url + str(ca), 10.0, 1) for ca in (ours, theirs))
    assert not take(trusted).full
    with pytest.raises(StoreError, match="certificate verify failed"):
        take(mistrusted)
    unnamed = open_store(f"rediss://127.0.0.1:{server.tls_port}/0?ssl_ca_certs={ours}", 10.0, 1)
    with pytest.raises(StoreError):
        take(unnamed)
    for store in (trusted, mistrusted, unnamed):
        store.close()
    server.end()
