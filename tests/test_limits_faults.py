"""Trouble with the store of limits, made for real: every call is answered in time, by what the rule says."""

import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from policies import request, write_policy
from processes import Program, eventually, free_port
from programs import path_of
from redis_servers import RedisServer

from decider.v1 import decider_pb2_grpc as rpc

DEADLINE = 1.0
POLICY = """\
version: 1
rules:
  - id: many
    limit: {count: 10000, per: 1h, key: request.operator_user_id}
    refuse: {code: 10103}
  - id: passed-over
    when: request.operator_user_id == "skips"
    limit: {count: 10000, per: 1h, key: request.operator_user_id}
    refuse: {code: 10104}
"""
FAILS = POLICY
SKIPS = POLICY.replace("key:", "on_store_failure: skip, key:")


@dataclass
class Asked:
    """What one call came to, and the seconds that it took."""

    outcome: str  # a verdict's code, or a status
    seconds: float


@dataclass
class Decider:
    """A decider as a process, and a channel to it."""

    program: Program
    channel: grpc.Channel

    def ask(self, name: str = "chess", **fields: object) -> Asked:
        stub = rpc.DeciderServiceStub(self.channel)
        start = time.monotonic()
        try:
            outcome = str(stub.DecideTopicCreation(request(name, **fields), timeout=DEADLINE).code)
        except grpc.RpcError as error:
            outcome = error.code().name
        return Asked(outcome, time.monotonic() - start)

    def says(self, outcome: str) -> None:
        """Wait until a call comes to this."""
        eventually(lambda: self.ask().outcome == outcome, f"the outcome {outcome}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Decider]]:
    """Starts deciders with a policy and a store; `mount` is run before, in a mount namespace of its own."""
    started: list[Decider] = []

    def start_one(store: str, policy: str = FAILS, mount: str = "") -> Decider:
        folder = tmp_path / f"policy{len(started)}"
        folder.mkdir()
        write_policy(folder, policy)
        address = f"127.0.0.1:{free_port()}"
        settings = {
            "DECIDER_LISTEN": address,
            "DECIDER_POLICY": str(folder),
            "DECIDER_LIMITS": store,
            "DECIDER_DRAIN_PAUSE": "0",
        }
        command = [sys.executable, "-m", "decider", "serve"]
        if mount:
            command = [path_of("unshare"), "-m", "sh", "-c", f"{mount} && exec {shlex.join(command)}"]
        program = Program(*command, settings=settings).wait_for('"event": "serving"')
        started.append(Decider(program, grpc.insecure_channel(address)))
        return started[-1]

    yield start_one
    for each in started:
        each.channel.close()
        each.program.end()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    yield server
    server.end()


def under_load(decider: Decider, trouble: Callable[[], None], calls: int = 150) -> list[Asked]:
    """Many calls, one every ten milliseconds whatever becomes of the others; the trouble comes after a third."""
    begin = time.monotonic()
    with ThreadPoolExecutor(64) as pool:
        futures = []
        for number in range(calls):
            if number == calls // 3:
                trouble()
            while time.monotonic() < begin + number / 100:
                time.sleep(0.001)
            futures.append(pool.submit(decider.ask))
        return [future.result() for future in futures]


@pytest.mark.parametrize(("policy", "outcome"), [(FAILS, "UNAVAILABLE"), (SKIPS, "0")])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_redis_gone_under_load_every_call_is_answered_in_time_and_recovery_needs_no_restart(
    start: Callable[..., Decider], redis: RedisServer, policy: str, outcome: str, number: signal.Signals
) -> None:
    decider = start(redis.url, policy)
    decider.says("0")
    asked = under_load(decider, redis.kill if number == signal.SIGKILL else lambda: redis.program.signal(number))
    assert {each.outcome for each in asked} <= {"0", outcome}
    assert max(each.seconds for each in asked) < DEADLINE
    assert decider.ask().outcome == outcome
    if number == signal.SIGKILL:
        redis.start()
    else:
        redis.program.signal(signal.SIGCONT)
    eventually(lambda: decider.ask() and "looked up again" in decider.program.output, "the store to be asked again")
    again = under_load(decider, lambda: None, calls=30)
    assert {each.outcome for each in again} == {"0"}
    lines = [line for line in decider.program.output.splitlines() if '"limits cannot be looked up"' in line]
    assert len(lines) == 1


def test_a_decider_starts_without_its_redis_and_finds_it_later(
    start: Callable[..., Decider], redis: RedisServer
) -> None:
    redis.kill()
    decider = start(redis.url)
    assert decider.ask().outcome == "UNAVAILABLE"
    redis.start()
    decider.says("0")


def test_a_restart_keeps_the_counts(start: Callable[..., Decider], tmp_path: Path) -> None:
    policy, url = FAILS.replace("10000", "3"), f"sqlite:///{tmp_path / 'limits.db'}"
    first = start(url, policy)
    assert [first.ask().outcome for _ in range(2)] == ["0", "0"]
    first.program.signal(signal.SIGKILL)
    first.program.wait()
    second = start(url, policy)
    assert [second.ask().outcome for _ in range(2)] == ["0", "10103"]


@pytest.mark.parametrize(("policy", "outcome"), [(FAILS, "UNAVAILABLE"), (SKIPS, "0")])
def test_a_full_disk_gives_the_outcome_the_rule_says_and_a_clear_line(
    start: Callable[..., Decider], tmp_path: Path, policy: str, outcome: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=256k tmpfs {shlex.quote(str(disk))}"
    decider = start(f"sqlite:///{disk / 'limits.db'}", policy, mount)

    def fill() -> bool:
        decider.ask("x" * 900, request_id=f"r{time.monotonic_ns()}")
        return "limits cannot be looked up" in decider.program.output

    eventually(fill, "a full disk")
    assert '"reason": "database or disk is full"' in decider.program.output
    decider.says(outcome)


@pytest.mark.parametrize(("policy", "outcome"), [(FAILS, "UNAVAILABLE"), (SKIPS, "0")])
def test_a_disk_that_cannot_be_written_gives_the_outcome_the_rule_says_and_a_clear_line(
    start: Callable[..., Decider], tmp_path: Path, policy: str, outcome: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o ro tmpfs {shlex.quote(str(disk))}"
    decider = start(f"sqlite:///{disk / 'limits.db'}", policy, mount)
    assert decider.ask().outcome == outcome
    assert '"event": "limits cannot be looked up"' in decider.program.output
    assert '"reason": "unable to open database file"' in decider.program.output
