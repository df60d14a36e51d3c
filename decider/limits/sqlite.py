"""A store in an SQLite file: durable, and safe for several processes of one machine."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from decider.limits import window
from decider.limits.boottime import Clock
from decider.limits.store import RECEIPT_SECONDS, Counter, Receipt, Settlement, StoreError
from decider.limits.window import MICROSECONDS
from decider.policy.limit import Usage

_log = structlog.get_logger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS admission (key TEXT NOT NULL, at INTEGER NOT NULL, expires INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS admission_by_key ON admission (key, at)",
    "CREATE INDEX IF NOT EXISTS admission_by_expiry ON admission (expires)",
    "CREATE TABLE IF NOT EXISTS receipt (key TEXT PRIMARY KEY, content BLOB, usages TEXT, expires INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS receipt_by_expiry ON receipt (expires)",
    "CREATE TABLE IF NOT EXISTS boot (id TEXT PRIMARY KEY, clock INTEGER NOT NULL)",
)
_PRUNE = (
    "DELETE FROM admission WHERE rowid IN (SELECT rowid FROM admission WHERE expires <= ? LIMIT 20)",
    "DELETE FROM receipt WHERE rowid IN (SELECT rowid FROM receipt WHERE expires <= ? LIMIT 20)",
)
_MODE = 0o640  # as the journal's
_LOCKED = ("database is locked", "database table is locked")


class SqliteStore:
    """Keeps everything in one file, in SQLite's write-ahead mode.

    A commit survives the end of any process, kill -9 included; what was committed in the last moments before a power
    failure may be lost.
    """

    system = "sqlite"
    workers = 1  # SQLite writes one transaction at a time

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._offset = 0

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, deadline: float
    ) -> Settlement:
        """See Store."""
        with self._transaction(deadline, write=take or bool(receipt and receipt.content)) as db:
            now = self._clock.microseconds() + self._offset
            if receipt and (kept := _recorded(db, receipt.key, now)):
                return kept
            usages = [_usage(db, counter, now) for counter in counters]
            if take and window.admits(counters, usages):
                usages = [_admit(db, *each, now) for each in zip(counters, usages, strict=True)]
            if receipt and receipt.content:
                _record(db, receipt, usages, now)
            return Settlement(usages)

    def reset(self, key: str, deadline: float) -> int:
        """See Store."""
        with self._transaction(deadline, write=True) as db:
            return db.execute("DELETE FROM admission WHERE key = ?", (key,)).rowcount

    def close(self) -> None:
        """See Store."""
        if self._connection:
            self._connection.close()
        self._connection = None

    @contextmanager
    def _transaction(self, deadline: float, *, write: bool) -> Iterator[sqlite3.Connection]:
        """One transaction, undone if anything fails or the deadline passes before it is complete."""
        if not self._turn.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise StoreError("other calls hold the database")
        try:
            db = self._open(deadline)
            _begin(db, deadline, write=write)
            try:
                yield db
                if write:
                    self._prune(db)
                if time.monotonic() > deadline:
                    raise StoreError("the disk is too slow")
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(_said(error)) from error
        finally:
            self._turn.release()

    def _prune(self, db: sqlite3.Connection) -> None:
        now = self._clock.microseconds() + self._offset
        for statement in _PRUNE:
            db.execute(statement, (now,))

    def _open(self, deadline: float) -> sqlite3.Connection:
        """The connection; a new one if somebody moved the file away."""
        if self._connection and self._inode == _inode(self._path):
            return self._connection
        if self._connection:
            _log.warning("somebody moved the limits away; they begin with nothing used", path=str(self._path))
        self.close()
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, _MODE))
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=0)
        try:
            _retry(lambda: db.execute("PRAGMA journal_mode = WAL"), deadline)
            db.execute("PRAGMA synchronous = NORMAL")
            self._set_up(db, deadline)
        except BaseException:
            db.close()
            raise
        self._connection, self._inode = db, _inode(self._path)
        return db

    def _set_up(self, db: sqlite3.Connection, deadline: float) -> None:
        """Make the tables, and agree with all others on the time."""
        _begin(db, deadline, write=True)
        for statement in _SCHEMA:
            db.execute(statement)
        newest: int = db.execute("SELECT coalesce(max(at), 0) FROM admission").fetchone()[0]
        db.execute("INSERT OR IGNORE INTO boot VALUES (?, ?)", (self._clock.boot, self._clock.offset(newest)))
        self._offset = db.execute("SELECT clock FROM boot WHERE id = ?", (self._clock.boot,)).fetchone()[0]
        db.execute("COMMIT")


def _said(error: sqlite3.Error | OSError) -> str:
    return str(error.strerror).lower() if isinstance(error, OSError) else str(error)


def _begin(db: sqlite3.Connection, deadline: float, *, write: bool) -> None:
    """Begin a transaction; to write, wait until nobody else does."""
    _retry(lambda: db.execute("BEGIN IMMEDIATE" if write else "BEGIN"), deadline)


def _retry(execute: Callable[[], object], deadline: float) -> None:
    """Try until nobody else holds the lock. SQLite's own waiting grows to 100 ms a turn, and is unfair."""
    while True:
        try:
            execute()
            return
        except sqlite3.OperationalError as error:
            if str(error) not in _LOCKED:
                raise
            if time.monotonic() > deadline:
                raise StoreError("others hold the database locked") from None
        time.sleep(random.uniform(0.0002, 0.002))  # nosec B311 - spreads the tries; nothing secret hangs on it


def _inode(path: Path) -> int:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return 0


def _usage(db: sqlite3.Connection, counter: Counter, now: int) -> Usage:
    since = now - counter.per * MICROSECONDS
    used = db.execute("SELECT count(*) FROM admission WHERE key = ? AND at > ?", (counter.key, since)).fetchone()[0]
    if not used:
        return window.usage_of(0, None, counter, now)
    leaves_first = db.execute(
        "SELECT at FROM admission WHERE key = ? AND at > ? ORDER BY at LIMIT 1 OFFSET ?",
        (counter.key, since, max(0, used - counter.count)),
    ).fetchone()[0]
    return window.usage_of(used, leaves_first, counter, now)


def _admit(db: sqlite3.Connection, counter: Counter, usage: Usage, now: int) -> Usage:
    if not usage.full:
        row = (counter.key, now, now + counter.per * MICROSECONDS)
        db.execute("INSERT INTO admission VALUES (?, ?, ?)", row)
    return window.with_one_more(counter, usage)


def _recorded(db: sqlite3.Connection, key: str, now: int) -> Settlement | None:
    row = db.execute("SELECT content, usages FROM receipt WHERE key = ? AND expires > ?", (key, now)).fetchone()
    return Settlement(window.read_usages(row[1]), row[0]) if row else None


def _record(db: sqlite3.Connection, receipt: Receipt, usages: Sequence[Usage], now: int) -> None:
    expires = now + RECEIPT_SECONDS * MICROSECONDS
    row = (receipt.key, receipt.content, window.write_usages(usages), expires)
    db.execute("INSERT OR REPLACE INTO receipt VALUES (?, ?, ?, ?)", row)
