"""A policy that changes while calls come in: nothing fails, and no decision mixes revisions."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from policies import request, write_policy
from processes import TIMEOUT, Program, eventually, free_port

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

# The list and the rule are of one revision only if the word and the code agree.
POLICY = """\
version: 1
lists:
  spam: {{kind: words, file: spam.txt}}
rules:
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {{code: {code}}}
"""
REVISIONS = 6


def write_revision(folder: Path, number: int) -> None:
    """Revision N refuses the words of N, and only those, with the code 10100 + N."""
    new = folder / f"..{number}"
    new.mkdir()
    words = "\n".join([f"word{number}", *(f"filler{number}x{count}" for count in range(2000))])
    write_policy(new, POLICY.format(code=10100 + number), spam__txt=words)
    link = folder / "..next"
    link.symlink_to(new.name)
    link.replace(folder / "..data")


class Callers:
    """Threads that ask for every revision's word, again and again, until told to stop."""

    def __init__(self, address: str, count: int) -> None:
        self._address = address
        self._stop = threading.Event()
        self.answers: list[tuple[int, pb.DecideTopicCreationResponse]] = []
        self.errors: list[grpc.RpcError] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT)

    def _run(self) -> None:
        with grpc.insecure_channel(self._address) as channel:
            stub = rpc.DeciderServiceStub(channel)
            while not self._stop.is_set():
                for number in range(1, REVISIONS + 1):
                    try:
                        answer = stub.DecideTopicCreation(request(f"word{number}"), timeout=TIMEOUT)
                        self.answers.append((number, answer))
                    except grpc.RpcError as error:
                        self.errors.append(error)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_revision(tmp_path, 1)
    for name in ("policy.yaml", "spam.txt"):
        (tmp_path / name).symlink_to(Path("..data") / name)
    return tmp_path


@pytest.fixture
def decider(folder: Path) -> Iterator[tuple[Program, str]]:
    address = f"127.0.0.1:{free_port()}"
    settings = {"DECIDER_LISTEN": address, "DECIDER_POLICY": str(folder), "DECIDER_RELOAD_INTERVAL": "0.1"}
    program = Program.module("decider", "serve", DECIDER_DRAIN_PAUSE="0", **settings)
    yield program.wait_for('"event": "serving"'), address
    program.end()


def policy_of(address: str) -> pb.GetPolicyResponse:
    with grpc.insecure_channel(address) as channel:
        return rpc.DeciderServiceStub(channel).GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT)


def code_in_use(address: str) -> int:
    return policy_of(address).documents[0].rules[0].effect.code


def test_nothing_fails_no_revisions_mix_and_a_broken_change_changes_nothing(
    folder: Path, decider: tuple[Program, str]
) -> None:
    _, address = decider
    callers = Callers(address, 4)
    for number in range(2, REVISIONS + 1):
        write_revision(folder, number)
        eventually(lambda number=number: code_in_use(address) == 10100 + number, f"revision {number} in use")  # type: ignore[misc]
        if number == 3:
            broken = folder / "..data" / "policy.yaml"
            good = broken.read_text()
            broken.write_text("version: 1\nrules: [\n")
            eventually(lambda: policy_of(address).HasField("reload_error"), "the broken change to be told")
            assert code_in_use(address) == 10103
            assert "policy.yaml:3:1: not YAML" in policy_of(address).reload_error.message
            broken.write_text(good)
            eventually(lambda: not policy_of(address).HasField("reload_error"), "the mended policy")
    callers.stop()
    assert callers.errors == []
    seen: dict[str, set[tuple[int, int]]] = {}
    for number, answer in callers.answers:
        assert answer.code in (0, 10100 + number), "a rule of one revision with a list of another"
        seen.setdefault(answer.policy_revision, set()).add((number, answer.code))
    assert len(seen) == REVISIONS
    for outcomes in seen.values():
        assert sum(1 for _, code in outcomes if code) <= 1, "one revision refuses one word"


def test_sighup_reloads_at_once(folder: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    settings = {"DECIDER_LISTEN": address, "DECIDER_POLICY": str(folder), "DECIDER_RELOAD_INTERVAL": "0"}
    program = Program.module("decider", "serve", DECIDER_DRAIN_PAUSE="0", **settings).wait_for('"serving"')
    try:
        write_revision(folder, 2)
        program.signal(signal.SIGHUP)
        eventually(lambda: code_in_use(address) == 10102, "the policy to be reloaded")
    finally:
        program.end()


def test_a_broken_change_is_logged_once(folder: Path, decider: tuple[Program, str]) -> None:
    program, address = decider
    (folder / "..data" / "policy.yaml").write_text("version: 9\n")
    program.wait_for("policy not reloaded")
    (folder / "..data" / "policy.yaml").write_text("version: 1\n")
    program.wait_for('"event": "policy reloaded"')
    assert program.output.count("policy not reloaded") == 1
    assert "`version` must be 1" in program.output
    assert not policy_of(address).HasField("reload_error")
