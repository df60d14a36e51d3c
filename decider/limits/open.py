"""Opens the store behind a URL."""

import time

from decider.limits.boottime import machine_clock
from decider.limits.memory import MemoryStore
from decider.limits.sqlite import SqliteStore
from decider.limits.store import Store
from decider.limits.url import File, Memory, parse_url


def open_store(url: str, timeout: float, workers: int) -> Store:
    """The store behind a URL; nothing is connected to yet. Raises ValueError.

    `timeout`: seconds that a server may take to connect, and again to answer. `workers`: connections to it at most.
    """
    place = parse_url(url)
    if isinstance(place, Memory):
        return MemoryStore(time.monotonic)
    if isinstance(place, File):
        return SqliteStore(place.path, machine_clock())
    # Its client is a seventh of all that the decider imports, and most commands need none.
    from decider.limits.redis import RedisStore

    return RedisStore(place, timeout, workers)
