"""Programs under test: started on free ports, watched, ended by their own id."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT = 30.0  # seconds that anything may take on a slow machine


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
    """Wait until a condition holds; fail, saying what was waited for, if it does not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout} s for: {what}"
        threading.Event().wait(0.02)


class Program:
    """A running program and the lines that it has written to standard error and standard output."""

    def __init__(self, *command: str, settings: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
        names = ("DECIDER_", "ADAPTER_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**environment, "PYTHONUNBUFFERED": "1", **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",  # the libraries underneath write what they were sent
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    @classmethod
    def module(cls, *arguments: str, **settings: str) -> "Program":
        """A module of the project, run as `python -m`."""
        return cls(sys.executable, "-m", *arguments, settings=settings)

    @property
    def output(self) -> str:
        """What it has written so far."""
        self._take_lines()
        return "".join(self._seen)

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def wait_for(self, text: str) -> "Program":
        """Wait until it has written a text."""
        eventually(lambda: text in self.output or self._ended(), f"{text!r} from {self._process.args!r}")
        assert text in self.output, f"ended with {self.exit_code}: {self.output}"
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def pause(self) -> None:
        """Stop it until SIGCONT; when this returns, it has stopped: on a busy machine it may run on a little."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait for its end; returns its exit code."""
        return self._process.wait(timeout)

    def end(self) -> None:
        """End it, whatever state it is in."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        eventually(self._ended, "the end of its output")
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _take_lines(self) -> None:
        while not self._lines.empty():
            line = self._lines.get()
            self._seen.append(line if line is not None else "\0")

    def _ended(self) -> bool:
        self._take_lines()
        return bool(self._seen) and self._seen[-1] == "\0"
