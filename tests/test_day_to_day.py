"""The commands of docs/day-to-day.md, run in the order in which they stand there."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from processes import ROOT, free_port
from programs import path_of

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORTS = re.compile(r"\b(?:5005|910|920|808)(?:[123]|\$1)")
WITHIN = 240.0  # seconds; most of them are for pip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's files in a folder of their own, as a clone has them."""
    folder = tmp_path / "topic-gate"
    listed = subprocess.run([path_of("git"), "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0")[:-1]:
        if (ROOT / name).exists() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def said(project: Path) -> Iterator[str]:
    """What the commands say, all in one shell."""
    path_of("curl")
    text = (ROOT / "docs" / "day-to-day.md").read_text("utf-8")
    script = "set -euo pipefail\n" + _moved("".join(BLOCK.findall(text)))
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=project,
        env={**_environment(), "HOME": str(project)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=WITHIN)
        assert shell.returncode == 0, output
        yield output
    finally:
        _end(shell.pid)


def _environment() -> dict[str, str]:
    """Of this one what is not about our services, and a name for git's commits."""
    ours = ("ADAPTER_", "DECIDER_", "GIT_", "VIRTUAL_ENV", "PYTHON")
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    quick = {"ADAPTER_DRAIN_PAUSE": "0", "DECIDER_DRAIN_PAUSE": "0.1"}
    return kept | quick | dict.fromkeys(names, "operator@example.com")


def _moved(script: str) -> str:
    """The script with ports that are free here, each of the document's for one of them."""
    numbered = {f"{prefix}{number}": free_port() for prefix in ("5005", "910", "920", "808") for number in "123"}
    table = "\n".join(f"port_{name}={port}" for name, port in numbered.items())
    named = PORTS.sub(lambda found: f"$(at {found[0]})", script)
    return f'{table}\nat() {{ local name=port_$1; echo "${{!name}}"; }}\n{named}'


def _end(group: int) -> None:
    """End whatever the shell left running, by the group that it made for itself."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@pytest.mark.timeout(WITHIN + 30)
def test_the_commands_of_the_first_day_and_of_later_ones_do_what_the_page_says(said: str, project: Path) -> None:
    verdicts = re.findall(r"^(allowed|refused with code \d+)", said, re.MULTILINE)
    tries = ["allowed", "refused with code 10101"]
    tokens = ["allowed", "allowed"]
    policies = ["refused with code 10150", "allowed"]
    assert verdicts == [*tries, *tokens, *policies], said
    revisions = re.findall(r'^decider_policy_info.*revision="(\w+)"', said, re.MULTILINE)
    assert len(revisions) == 2, said
    assert revisions[0] != revisions[1], said
    loaded = re.findall(r'"revision": ?"(\w+)"', (project / "decider-1.log").read_text())
    assert loaded[-1] == revisions[1] == loaded[0], "the old policy has its old revision again"
    for log in project.glob("*.log"):
        assert "Traceback" not in log.read_text(), log
    assert '"stopped"' in (project / "decider-3.log").read_text()
