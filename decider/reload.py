"""Takes a policy that changed on disk into use: compiled off the request path, swapped in whole.

It looks at the files instead of asking the kernel for events: that works on every file system, through a swapped
symbolic link as Kubernetes makes one for a ConfigMap, and when the folder goes away and comes back.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from weakref import ref

import structlog

from decider.background import in_background
from decider.memory import give_back
from decider.metrics import Metrics
from decider.policy.loader import load_policy
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError
from decider.slot import PolicySlot

_log = structlog.get_logger(__name__)
_CLOSE_WITHIN = 5.0  # seconds; a file system that hangs must not keep the decider from ending
_MAX_DEPTH = 8  # of folders below the policy's; ends a link that leads back up

Fingerprint = frozenset[tuple[str, int, int, int, int]]


class Reloader:
    """Keeps a slot at what is on disk. A change that cannot be used changes nothing, and is logged once."""

    def __init__(
        self, name: str, path: Path, slot: PolicySlot, clock: Callable[[], datetime], metrics: Metrics
    ) -> None:
        self._name = name
        self._path = path
        self._slot = slot
        self._clock = clock
        self._metrics = metrics
        self._tried: Fingerprint = frozenset()
        self._seen: Fingerprint = frozenset()
        self._replaced: ref[Policy] | None = None

    def load(self) -> None:
        """Load what is on disk and use it. Raises PolicyError, and then nothing has changed."""
        self._tried = self._seen = fingerprint(self._path)
        try:
            with in_background():
                policy = load_policy(self._path)
        except PolicyError as error:
            self._slot.keep(str(error), self._clock())
            self._metrics.reloaded(self._name, "failed")
            raise
        before = self._slot.loaded
        changed = before is None or before.policy.revision != policy.revision
        self._slot.use(policy, self._clock())
        self._replaced = ref(before.policy) if before else None
        if changed:
            self._metrics.policy_used(self._name, policy, self._slot.get().load_time.timestamp())
        self._metrics.reloaded(self._name, "changed" if changed else "unchanged")

    def reload(self) -> None:
        """Load what is on disk, or log why that cannot be; nothing is logged where nothing has come of it."""
        self._tidy()
        before = (self._slot.loaded, self._slot.failure and self._slot.failure.message)
        try:
            self.load()
        except PolicyError as error:
            if str(error) != before[1]:
                told = str(error).splitlines()
                _log.error("policy not reloaded", which=self._name, path=str(self._path), problems=told)
        except Exception:
            self._slot.keep("internal error", self._clock())
            self._metrics.reloaded(self._name, "failed")
            _log.exception("policy not reloaded", which=self._name, path=str(self._path))
        else:
            if (self._slot.loaded, None) == before:
                return
            policy = self._slot.get().policy
            _log.info(
                "policy reloaded",
                which=self._name,
                path=str(self._path),
                revision=policy.revision,
                documents=[document.path for document in policy.documents],
                apps=sorted(policy.by_app),
            )

    def look(self) -> None:
        """Reload if the files have changed since the last try, and have stayed as they are since the last look."""
        self._tidy()
        now = fingerprint(self._path)
        settled, self._seen = now == self._seen, now
        if settled and now != self._tried:
            self.reload()

    def _tidy(self) -> None:
        if self._replaced and not self._replaced():  # the last decision that used it is made
            self._replaced = None
            give_back()


def fingerprint(path: Path) -> Fingerprint:
    """What changes when a file of the policy does: names, sizes, times and inodes."""
    return frozenset(_entries(path, 0))


def _entries(path: Path, depth: int) -> Iterator[tuple[str, int, int, int, int]]:
    try:
        stat = path.stat()
        children = sorted(os.listdir(path)) if path.is_dir() and depth < _MAX_DEPTH else []
    except OSError:
        return
    if not path.is_dir():
        yield str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
    for name in children:
        if not name.startswith("."):
            yield from _entries(path / name, depth + 1)


class Reloadable(Protocol):
    """What is read from files and can be read again."""

    def look(self) -> None:
        """Reload if the files have changed."""

    def reload(self) -> None:
        """Reload, changed or not."""


class Watch:
    """Looks again and again, on a thread of its own, until closed. `now` makes it reload at once."""

    def __init__(self, reloaders: Sequence[Reloadable], interval: float) -> None:
        self._reloaders = reloaders
        self._interval = interval
        self._wake = threading.Event()
        self._forced = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="reload", daemon=True)
        self._thread.start()

    def now(self) -> None:
        """Reload at once, changed or not. Safe in a signal handler."""
        self._forced = True
        self._wake.set()

    def close(self) -> None:
        """End, after the reload that is under way if it ends soon."""
        self._closing = True
        self._wake.set()
        self._thread.join(_CLOSE_WITHIN)

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(self._interval or None)
            self._wake.clear()
            forced, self._forced = self._forced, False
            for reloader in [] if self._closing else self._reloaders:
                self._have_it_look(reloader, forced)

    def _have_it_look(self, reloader: Reloadable, forced: bool) -> None:
        try:
            reloader.reload() if forced else reloader.look()
        except Exception:
            # Without this thread no change would ever be taken again, and nothing would say so.
            _log.exception("reload failed")
