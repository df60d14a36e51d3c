"""Where journal lines go: a file that rotates by size, or standard output."""

import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Protocol


class Sink(Protocol):
    """Takes whole lines. Raises OSError, and then has written none of them."""

    def write(self, lines: bytes) -> None:
        """Write lines."""

    def close(self) -> None:
        """End."""


class RotatingFile:
    """A file that makes room when it is full: `journal` becomes `journal.1`, which becomes `journal.2`, ...

    `max_bytes` bounds a file (0: never rotates), `keep` the number of older files. A file that somebody else
    moved away, as logrotate does, is made anew.
    """

    def __init__(self, path: str | Path, max_bytes: int, keep: int) -> None:
        self._path = Path(path)
        self._max_bytes = max_bytes
        self._keep = keep
        self._fd = self._open()

    def write(self, lines: bytes) -> None:
        """Append lines. Raises OSError, and then has written none of them."""
        self._follow()
        size = os.fstat(self._fd).st_size
        if self._max_bytes and size and size + len(lines) > self._max_bytes:
            self._rotate()
            size = 0
        try:
            _write_all(self._fd, lines)
        except OSError:
            with suppress(OSError):  # a device has no size
                os.ftruncate(self._fd, size)  # no half line stays behind
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def _follow(self) -> None:
        """Make the file anew if it is no longer where it was."""
        try:
            same = os.path.samestat(os.fstat(self._fd), os.stat(self._path))
        except FileNotFoundError:
            same = False
        if not same:
            self._reopen()

    def _reopen(self) -> None:
        fd = self._open()
        os.close(self._fd)
        self._fd = fd

    def _rotate(self) -> None:
        older = [self._path, *(Path(f"{self._path}.{number}") for number in range(1, self._keep + 1))]
        for source, target in reversed(list(pairwise(older))):
            if source.exists():
                source.replace(target)
        if not self._keep:
            self._path.unlink()
        self._reopen()


class StandardOutput:
    """Standard output, for a container's log collector."""

    def write(self, lines: bytes) -> None:
        """Write lines. Raises OSError."""
        _write_all(1, lines)

    def close(self) -> None:
        """Leave it open: it is not ours."""


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
