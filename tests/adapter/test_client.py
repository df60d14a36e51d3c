"""The decider over gRPC: real servers that refuse, drain, die, come back and freeze."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest

from adapter.client import Decider, open_channel
from adapter.errors import Undecided
from adapter.event import Event, Platform
from adapter.outcome import Kind
from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

EVENT = Event(operator="leckie", group_type="Community", name="MyFirstTopic")
ALLOW = pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_ALLOW)


@pytest.fixture
def connect(stack):
    return lambda target: Decider(stack.enter_context(open_channel(target)))


@pytest.fixture
def client(connect, decider):
    return connect(decider.target)


def ask(client, event=EVENT, timeout=1.4):
    return client.decide(event, app_id=5, signed=True, request_id="r", timeout=timeout)


def cause(client, timeout=1.4):
    """Ask; return why there was no verdict, or None, and the seconds it took."""
    began = time.monotonic()
    try:
        ask(client, timeout=timeout)
    except Undecided as error:
        return error.cause, time.monotonic() - began
    return None, time.monotonic() - began


def decided(client, timeout=1.4):
    return lambda: cause(client, timeout)[0] is None


def test_a_verdict_comes_with_its_rule_and_id(client, decider):
    response = pb.DecideTopicCreationResponse(
        verdict=policy_pb2.VERDICT_REFUSE, code=10101, message="No.", rule_id="spam", decision_id="d"
    )
    decider.script(lambda request, context: response)
    outcome = ask(client)
    assert (outcome.kind, outcome.code, outcome.message) == (Kind.REFUSED, 10101, "No.")
    assert (outcome.rule_id, outcome.decision_id) == ("spam", "d")


@pytest.mark.parametrize("platform", Platform)
def test_every_platform_is_one_of_the_contracts(client, decider, platform):
    ask(client, Event("o", "t", "n", platform=platform))
    assert pb.Platform.Name(decider.requests[0].platform) == f"PLATFORM_{platform}"


def test_the_contract_has_no_platform_that_is_not_known_here():
    assert {name.removeprefix("PLATFORM_") for name in pb.Platform.keys()} == set(Platform)  # noqa: SIM118


@pytest.mark.parametrize("milliseconds", [0, 1, 1669872112345, 253_402_300_799_999])
def test_a_time_keeps_its_milliseconds(client, decider, milliseconds):
    ask(client, Event("o", "t", "n", time_ms=milliseconds))
    assert decider.requests[0].event_time.ToMilliseconds() == milliseconds


def test_the_call_carries_its_deadline(client, decider):
    left = []
    decider.script(lambda request, context: left.append(context.time_remaining()) or ALLOW)
    ask(client, timeout=1.0)
    assert 0.5 < left[0] <= 1.0


class TestRetry:
    def test_unavailable_is_tried_again_with_the_same_id(self, client, decider):
        def answer(request, context):
            if len(decider.requests) < 3:
                context.abort(grpc.StatusCode.UNAVAILABLE, "draining")
            return ALLOW

        decider.script(answer)
        assert ask(client).kind is Kind.ALLOWED
        assert [request.request_id for request in decider.requests] == ["r"] * 3
        assert [seen.get("grpc-previous-rpc-attempts") for seen in decider.servicer.metadata] == [None, "1", "2"]

    def test_three_attempts_are_all(self, client, decider):
        decider.script(lambda request, context: context.abort(grpc.StatusCode.UNAVAILABLE, "draining"))
        assert cause(client)[0] == "unreachable"
        assert len(decider.requests) == 3

    @pytest.mark.parametrize("status", [grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED])
    def test_nothing_else_is_tried_again(self, client, decider, status):
        decider.script(lambda request, context: context.abort(status, "no"))
        cause(client)
        assert len(decider.requests) == 1

    def test_all_attempts_share_one_deadline(self, client, decider, until):
        def answer(request, context):
            if len(decider.requests) < 2:
                context.abort(grpc.StatusCode.UNAVAILABLE, "draining")
            until(lambda: not context.is_active())
            return ALLOW

        decider.script(answer)
        why, seconds = cause(client, timeout=0.5)
        assert why == "too_slow"
        assert seconds < 0.9
        assert len(decider.requests) == 2


class TestHealth:
    def test_a_decider_that_does_not_serve_gets_no_calls(self, connect, start_decider):
        decider = start_decider(serving=False)
        client = connect(decider.target)
        assert cause(client)[0] == "unreachable"
        assert decider.requests == []

    def test_calls_begin_and_end_as_it_reports(self, connect, start_decider, until):
        decider = start_decider(serving=False)
        client = connect(decider.target)
        cause(client)
        decider.report(True)
        until(decided(client), 2)
        decider.report(False)
        until(lambda: cause(client)[0] == "unreachable", 2)

    def test_calls_go_to_the_one_of_two_that_serves(self, connect, start_decider, until):
        up, down = start_decider(), start_decider(serving=False)
        client = connect(f"ipv4:127.0.0.1:{down.port},127.0.0.1:{up.port}")
        assert [cause(client)[0] for _ in range(20)] == [None] * 20
        assert (len(up.requests), len(down.requests)) == (20, 0)

    def test_calls_are_spread_over_all_that_serve(self, connect, start_decider, until):
        both = [start_decider(), start_decider()]
        client = connect(f"ipv4:127.0.0.1:{both[0].port},127.0.0.1:{both[1].port}")
        until(lambda: decided(client)() and all(decider.requests for decider in both))


def test_verdicts_resume_within_two_seconds_of_a_return_on_the_same_port(connect, start_decider, until):
    first = start_decider()
    client = connect(first.target)
    assert ask(client).kind is Kind.ALLOWED
    first.stop()
    # Long enough for the channel to have tried, failed, and be waiting to try again.
    waits = [until(lambda: cause(client))[0] for _ in range(10)]
    assert set(waits) == {"unreachable"}
    start_decider(port=first.port)
    until(decided(client), 2)


@pytest.fixture
def frozen_decider(stack):
    """A decider in a process of its own: its port, and functions that freeze and thaw it."""
    peer = Path(__file__).with_name("peer_decider.py")
    process = stack.enter_context(
        subprocess.Popen([sys.executable, str(peer), "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )
    stack.callback(process.stdin.close)

    def freeze():
        process.send_signal(signal.SIGSTOP)
        # On a busy machine it may run on a little.
        os.waitpid(process.pid, os.WUNTRACED)

    def thaw():
        process.send_signal(signal.SIGCONT)

    stack.callback(thaw)
    return int(process.stdout.readline()), freeze, thaw


def test_a_frozen_decider_costs_no_more_than_the_budget_and_verdicts_resume(start_adapter, frozen_decider, until):
    port, freeze, thaw = frozen_decider
    adapter = start_adapter(target=f"dns:///127.0.0.1:{port}", budget=0.6)
    strict = {"SdkAppid": 1400000002}
    until(lambda: adapter.webhook(strict).json["ErrorCode"] == 0)
    freeze()
    answers = [adapter.webhook(strict).json["ErrorCode"] for _ in range(5)]
    assert answers == [1] * 5
    frozen = adapter.answered[-5:]
    assert {line["reason"] for line in frozen} == {"too_slow"}
    assert max(line["ms"] for line in frozen) <= 600
    thaw()
    until(lambda: adapter.webhook(strict).json["ErrorCode"] == 0, 3)


def other_was_asked(client, decider):
    """Whether one of two calls went to someone else."""
    before = len(decider.requests)
    return [cause(client)[0] for _ in range(2)] == [None, None] and len(decider.requests) == before + 1


def test_a_frozen_decider_gets_no_more_calls_while_another_serves(connect, decider, frozen_decider, until):
    port, freeze, thaw = frozen_decider
    client = connect(f"ipv4:127.0.0.1:{port},127.0.0.1:{decider.port}")
    until(lambda: other_was_asked(client, decider))
    freeze()
    # By chance, and by turns, two or three calls in a row may go to the one that serves; ten do not.
    until(lambda: all(cause(client, timeout=0.3)[0] is None for _ in range(10)), 20)
    thaw()


def test_a_decider_that_is_up_after_the_adapter_is_found(start_adapter, start_decider, until):
    first = start_decider()
    port = first.port
    first.stop()
    adapter = start_adapter(target=f"dns:///127.0.0.1:{port}")
    assert adapter.webhook({"SdkAppid": 1400000002}).json["ErrorCode"] == 1
    start_decider(port=port)
    until(lambda: adapter.webhook({"SdkAppid": 1400000002}).json["ErrorCode"] == 0, 3)


def test_a_decider_without_a_health_service_is_taken_for_healthy(connect):
    with contextlib.ExitStack() as stack:
        handlers = {
            "DecideTopicCreation": grpc.unary_unary_rpc_method_handler(
                lambda request, context: ALLOW,
                request_deserializer=pb.DecideTopicCreationRequest.FromString,
                response_serializer=pb.DecideTopicCreationResponse.SerializeToString,
            )
        }
        from concurrent.futures import ThreadPoolExecutor

        server = grpc.server(stack.enter_context(ThreadPoolExecutor(2)))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("decider.v1.DeciderService", handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        stack.callback(lambda: server.stop(0).wait())
        assert ask(connect(f"dns:///127.0.0.1:{port}")).kind is Kind.ALLOWED
