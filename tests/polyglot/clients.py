"""The clients: each built by its language's own tools from `proto/` in `build/polyglot`, and run."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cargo_lock import restore_lock
from conformance import HERE, SERVICE_CONFIG
from processes import ROOT
from programs import path_of

BUILD = ROOT / "build" / "polyglot"  # as deep as the sources, so that paths from there to proto/ are the same
_BUILD_TIMEOUT, _RUN_TIMEOUT = 900, 120  # seconds

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """A client in one language: the programs that it needs, the commands that build it, and the one that runs it."""

    language: str
    needs: tuple[str, ...]
    build: tuple[Command, ...]
    run: Command
    prepare: Callable[[Path], None] = field(default=lambda _: None)

    @property
    def folder(self) -> Path:
        return BUILD / self.language

    def make(self) -> "Client":
        """Build it; skips the test without the tools."""
        for program in self.needs:
            path_of(program)
        shutil.copytree(HERE / self.language, self.folder, dirs_exist_ok=True)
        self.prepare(self.folder)
        start = time.monotonic()
        for command in self.build:
            self._must(command)
        print(f"{self.language}: built in {time.monotonic() - start:.1f} s", file=sys.stderr)
        return self

    def observe(self, plan: Path) -> dict[str, Mapping[str, object]]:
        """Run it by a plan; returns what it saw, by case."""
        done = self._must((*self.run, str(plan)), _RUN_TIMEOUT)
        lines = [json.loads(line) for line in done.splitlines()]
        return {line["case"]: line for line in lines}

    def ask(self, address: str, *topics: str, how: str = "ask") -> list[str]:
        """What the example in the documentation makes of topics, a line each."""
        return self._must((*self.run, how, address, json.dumps(SERVICE_CONFIG), *topics), _RUN_TIMEOUT).splitlines()

    def _must(self, command: Sequence[str], timeout: int = _BUILD_TIMEOUT) -> str:
        path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"  # buf is there
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
        )
        if done.returncode:
            said = f"{done.stdout}\n{done.stderr}".strip()[-4000:]
            pytest.fail(
                f"{self.language}: `{' '.join(command)}` ended with {done.returncode}. The first build needs the "
                f"package registries; without a network it ends here.\n{said}",
                pytrace=False,
            )
        return done.stdout


_NPM_INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
_MAVEN = ("mvn", "-q", "-B", "-ntp", "protobuf:compile", "protobuf:compile-custom", "compiler:compile", "jar:jar")
_CARGO = ("cargo", "build", "--quiet", "--locked")

CLIENTS = {
    client.language: client
    for client in (
        Client("python", (), (), (sys.executable, "main.py")),
        Client("go", ("go",), (("buf", "generate"), ("go", "build", "-o", "client", ".")), ("./client",)),
        Client("node", ("node", "npm"), (_NPM_INSTALL, ("npm", "run", "build")), ("node", "dist/src/main.js")),
        Client("java", ("java", "mvn"), (_MAVEN,), ("java", "-jar", "target/client-0.jar")),
        Client("rust", ("cargo",), (_CARGO,), ("target/debug/client",), restore_lock),
    )
}
