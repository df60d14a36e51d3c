"""`make run`: what a newcomer sees."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import ROOT, TIMEOUT, Program, eventually, free_port

SERVING = "Both are serving."


def settings(**more: str) -> dict[str, str]:
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("DECIDER_LISTEN", "ADAPTER_LISTEN")}
    return {**ports, **more}


def listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        program.end()


def run(programs: list[Program], **given: str) -> Program:
    programs.append(Program(sys.executable, str(ROOT / "deploy" / "local.py"), settings=given))
    return programs[-1]


def test_the_two_commands_that_it_prints_show_one_topic_allowed_and_one_refused(
    programs: list[Program], tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    program = run(programs, **settings(DECIDER_JOURNAL=str(journal))).wait_for("Ctrl-C ends both.")
    commands = [line.strip() for line in program.output.splitlines() if " -m adapter send " in line]
    answers = [
        subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)
        for command in commands
    ]
    assert [answer.returncode for answer in answers] == [0, 0]
    assert answers[0].stdout.startswith("allowed")
    assert "refused with code 10101: That name is not allowed." in answers[1].stdout
    eventually(lambda: len(journal.read_text().splitlines()) == 2, "both decisions in the journal")
    assert [json.loads(line)["verdict"] for line in journal.read_text().splitlines()] == ["allow", "refuse"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_both_processes(programs: list[Program], number: signal.Signals) -> None:
    given = settings()
    program = run(programs, **given).wait_for(SERVING)
    program.signal(number)
    assert program.wait() == 0
    assert not any(listens(address) for address in given.values())


@pytest.mark.parametrize("variable", ["DECIDER_LISTEN", "ADAPTER_LISTEN"])
def test_a_taken_port_is_a_clear_error_and_leaves_nothing_running(programs: list[Program], variable: str) -> None:
    given = settings()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        given[variable] = f"127.0.0.1:{taken.getsockname()[1]}"
        program = run(programs, **given)
        assert program.wait() != 0
    program.end()
    assert f"{variable} {given[variable]}: address already in use" in program.output
    assert "Traceback" not in program.output
    assert not listens(given["DECIDER_LISTEN"])


def test_a_service_that_ends_takes_the_other_with_it(programs: list[Program]) -> None:
    given = settings()
    program = run(programs, **given).wait_for(SERVING)
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    subprocess.run(["kill", "-KILL", children[0]], check=True)
    assert program.wait() != 0
    assert not any(listens(address) for address in given.values())


def test_a_bad_policy_is_told_and_ends_the_run(programs: list[Program], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 1\nrules:\n  - {id: a, when: nam.x, allow: {}}\n")
    program = run(programs, **settings(DECIDER_POLICY=str(tmp_path)))
    assert program.wait() == 2
    program.end()
    assert re.search(r"policy.yaml:3:\d+: rule \"a\": undeclared reference", program.output)
