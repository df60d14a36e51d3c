"""Envoy between callers and deciders: shares, deciders that die or come, and answers that pass through unchanged."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from deciders import NAME, Deciders
from deployments import Deployment
from envoy import CONFIGURATION, Envoy
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hammer import Hammer
from policies import request
from processes import TIMEOUT, Program, eventually
from programs import path_of

from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2

# Seconds in which Envoy looks the name up again, asks for health, and the rest.
NOTICED = 5.0


@pytest.fixture
def deciders(tmp_path: Path) -> Iterator[Deciders]:
    deployment = Deployment(tmp_path)
    deployment.write_policy()
    behind = Deciders(deployment)
    yield behind
    behind.close()
    for each in deployment.deciders:
        each.end()


@pytest.fixture
def start_envoy(tmp_path: Path, deciders: Deciders) -> Iterator[Callable[[], Envoy]]:
    started: list[Envoy] = []

    def start() -> Envoy:
        started.append(Envoy(tmp_path, deciders.names, NAME, deciders.port))
        return started[-1]

    yield start
    for each in started:
        each.end()


def test_the_configuration_as_it_is_in_the_project_is_valid() -> None:
    program = Program(path_of("envoy"), "--mode", "validate", "--config-path", str(CONFIGURATION))
    assert program.wait() == 0, program.output
    program.end()


def test_calls_are_spread_evenly_and_a_decider_that_is_killed_costs_no_caller_an_answer(
    deciders: Deciders, start_envoy: Callable[[], Envoy]
) -> None:
    three = [deciders.start() for _ in range(3)]
    hammer = Hammer(start_envoy().address, callers=4)
    try:
        eventually(lambda: len(hammer.log) > 600, "600 calls")
        shares = [deciders.decided(each) for each in three]
        assert max(shares) < 1.2 * sum(shares) / 3, shares
        assert min(shares) > 0.8 * sum(shares) / 3, shares
        three[0].kill()
        so_far = len(hammer.log)
        eventually(lambda: len(hammer.log) > so_far + 600, "600 calls without it")
    finally:
        answers = hammer.stop()
    assert [each for each in answers if each.allowed is None] == []


def test_a_decider_that_comes_gets_calls_within_seconds_and_one_that_goes_loses_none(
    deciders: Deciders, start_envoy: Callable[[], Envoy]
) -> None:
    old = deciders.start(DECIDER_DRAIN_PAUSE="2")
    hammer = Hammer(start_envoy().address, callers=4)
    try:
        fresh = deciders.start()
        eventually(lambda: deciders.decided(fresh), "calls for the new decider", NOTICED)
        old.program.signal(signal.SIGTERM)
        deciders.changed("", old.address)
        assert old.program.wait() == 0
        so_far = len(hammer.log)
        eventually(lambda: len(hammer.log) > so_far + 100, "100 calls without the old one")
    finally:
        answers = hammer.stop()
    assert [each for each in answers if each.allowed is None] == []


class TestWhatPassesThrough:
    @pytest.fixture
    def stub(self, deciders: Deciders, start_envoy: Callable[[], Envoy]) -> Iterator[rpc.DeciderServiceStub]:
        deciders.start()
        with grpc.insecure_channel(start_envoy().address) as channel:
            yield rpc.DeciderServiceStub(channel)

    def test_refusals_statuses_and_error_details_are_unchanged(self, stub: rpc.DeciderServiceStub) -> None:
        refusal = stub.DecideTopicCreation(request("Casino night"), timeout=TIMEOUT)
        assert (refusal.verdict, refusal.code) == (policy_pb2.VERDICT_REFUSE, 10101)
        assert refusal.message == "That name is not allowed."
        with pytest.raises(grpc.RpcError) as caught:
            stub.DecideTopicCreation(request("", app_id=-1), timeout=TIMEOUT)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        details = error_details_pb2.BadRequest()
        status = rpc_status.from_call(caught.value)
        assert status is not None
        assert status.details[0].Unpack(details)
        assert {each.field for each in details.field_violations} == {"app_id", "topic_name"}

    def test_the_callers_deadline_is_the_only_one_and_envoy_keeps_it(
        self, deciders: Deciders, stub: rpc.DeciderServiceStub
    ) -> None:
        stub.DecideTopicCreation(request(), timeout=TIMEOUT)
        deciders.all[0].program.pause()
        began = time.monotonic()
        with pytest.raises(grpc.RpcError) as caught:
            # Told to Envoy, and not to the library, which would keep it by itself.
            stub.DecideTopicCreation(request(), metadata=[("grpc-timeout", "300m")])
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert 0.25 < time.monotonic() - began < TIMEOUT / 2

    def test_without_any_decider_callers_are_told_at_once(
        self, deciders: Deciders, stub: rpc.DeciderServiceStub
    ) -> None:
        stub.DecideTopicCreation(request(), timeout=TIMEOUT)
        deciders.all[0].kill()

        def is_told() -> bool:
            try:
                stub.DecideTopicCreation(request(), timeout=TIMEOUT)
            except grpc.RpcError as error:
                return error.code() is grpc.StatusCode.UNAVAILABLE
            return False

        eventually(is_told, "UNAVAILABLE", NOTICED)
