"""A store in Redis or Valkey: shared by deciders on many machines; alone, in a cluster, or behind Sentinel."""

import hashlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import NoScriptError, RedisClusterException, RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from decider.limits.store import RECEIPT_SECONDS, Counter, Receipt, Settlement, StoreError
from decider.limits.url import Server
from decider.limits.window import MICROSECONDS, read_usages

_SCRIPT = Path(__file__).with_name("settle.lua").read_text(encoding="utf-8")
_DIGEST = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()  # by which servers know it

_TROUBLE = (RedisError, RedisClusterException, OSError)  # what a server, a cluster and a network do
_OLDEST_TIME = 10**15  # as in the script
_INNARDS = re.compile(r"<[^<>]*>")  # objects of the client, which it writes into some of its messages


class RedisStore:
    """Keeps counters as sorted sets and receipts as hashes, by the server's clock.

    `timeout`: seconds to connect, and again to wait for an answer. `workers`: connections at most.
    """

    system = "redis"

    def __init__(self, server: Server, timeout: float, workers: int) -> None:
        self.workers = workers
        self._server = server
        self._timeout = timeout
        self._lock = threading.Lock()
        self._client: Any = None

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, deadline: float
    ) -> Settlement:
        """See Store. What was sent before the deadline may still be done after it."""
        keys = [*([receipt.key] if receipt else ()), *(counter.key for counter in counters)]
        if not keys:
            return Settlement(())
        terms = [number for each in counters for number in (each.count, each.per * MICROSECONDS, int(each.binding))]
        recorded = (int(bool(receipt)), receipt.content if receipt else b"", RECEIPT_SECONDS * 1000)
        try:
            content, usages = self._run(keys, [*recorded, int(take), *terms])
        except _TROUBLE as error:
            raise StoreError(_said(error)) from error
        return Settlement(read_usages(usages), content or None)

    def _run(self, keys: list[str], arguments: list[object]) -> Any:
        client = self._open()
        try:
            return client.evalsha(_DIGEST, len(keys), *keys, *arguments)
        except NoScriptError:  # a server that was restarted, or took over
            return client.eval(_SCRIPT, len(keys), *keys, *arguments)

    def reset(self, key: str, deadline: float) -> int:
        """See Store."""
        try:
            client = self._open()
            counted = client.zcount(key, _OLDEST_TIME, "+inf")
            client.delete(key)
        except _TROUBLE as error:
            raise StoreError(_said(error)) from error
        return int(counted)

    def close(self) -> None:
        """See Store."""
        if self._client:
            self._client.close()

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _connect(self._server, self._timeout)
            return self._client


def _said(error: Exception) -> str:
    """What went wrong, in one line of a bounded length."""
    text = str(error)
    while _INNARDS.search(text):
        text = _INNARDS.sub("", text)
    return f"{type(error).__name__}: {' '.join(text.split())[:200]}"


def _connect(server: Server, timeout: float) -> Any:
    """A client. That of a cluster asks the cluster at once, the others connect when they are first used."""
    # A pooled connection that a restarted server has closed is made anew, once; what timed out is not sent again.
    retry = Retry(NoBackoff(), 1, supported_errors=(NotConnected,))
    patience: dict[str, Any] = {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": retry}
    tls: dict[str, Any] = {"ssl": server.tls, **dict(server.files)} if server.tls else {}
    login: dict[str, Any] = {"username": server.username, "password": server.password}
    if server.topology == "cluster":
        nodes = [ClusterNode(host, port) for host, port in server.hosts]
        return RedisCluster(startup_nodes=nodes, **login, **tls, **patience)
    if server.topology == "sentinel":
        sentinel = Sentinel(server.hosts, sentinel_kwargs={**tls, **patience}, **patience)
        return sentinel.master_for(server.service, db=server.database, **login, **tls)
    host, port = server.hosts[0]
    return Redis(host, port, db=server.database, **login, **tls, **patience)
