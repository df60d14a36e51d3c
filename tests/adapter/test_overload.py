"""Far more webhooks than the pair can decide: every one is answered, and nothing is left behind."""

import contextlib
import json
import random
import signal
import subprocess
import sys
import time

import pytest
from crowd import Crowd, arrivals

from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

APP = "1400000001"
REFUSED, FALLBACK = 10101, 0
COMMAND = "Group.CallbackBeforeCreateTopic"
QUERY = f"SdkAppid={APP}&CallbackCommand={COMMAND}"


def webhook(query=QUERY, command=COMMAND):
    fields = {"CallbackCommand": command, "Operator_Account": "leckie"}
    body = json.dumps(fields | {"Type": "Community", "Name": "MyFirstTopic"})
    return f"POST /?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def refuse_slowly(until):
    """Refuse after 50 ms: with 4 threads, 80 verdicts a second."""

    def answer(request, context):
        done = time.monotonic() + 0.05
        until(lambda: time.monotonic() > done)
        return pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=REFUSED, message="No.")

    return answer


def rush(adapter, *, rate, seconds, reuse, sent=webhook):
    crowd = Crowd((adapter.host, adapter.port), sent, reuse, patience=30)
    return crowd.send_when_due(list(arrivals(time.monotonic(), rate, seconds, random.Random(1).expovariate)))


class TestRush:
    """Some ten times what can be decided."""

    def check(self, adapter, answers):
        codes = [answer.code for answer in answers]
        assert set(codes) == {REFUSED, FALLBACK}, {answer.failure for answer in answers}
        assert adapter.counted("fallback_allowed", "overload") == codes.count(FALLBACK) > len(codes) / 2
        assert adapter.counted("refused") == codes.count(REFUSED)
        # The budget is 1.5 s; a busy machine may take its time to run this side of it.
        assert max(answer.took for answer in answers) < 5

    def test_every_webhook_is_answered_and_verdicts_come_back(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4, log_level="info")
        self.check(adapter, rush(adapter, rate=800, seconds=2, reuse=True))
        until(lambda: adapter.webhook().json["ErrorCode"] == REFUSED)
        assert [adapter.webhook().json["ErrorCode"] for _ in range(20)] == [REFUSED] * 20

    def test_so_it_is_with_a_connection_for_each(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4)
        self.check(adapter, rush(adapter, rate=800, seconds=1, reuse=False))
        until(lambda: not adapter.listener.active_channels)

    def test_fewer_connections_than_are_wanted_keep_nobody_out(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4)
        adapter.listener.adj.connection_limit = 20
        self.check(adapter, rush(adapter, rate=800, seconds=1, reuse=False))

    def test_another_spelling_of_the_path_does_not_make_the_loop_wait(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4)
        odd = webhook().replace(b"POST /?", b"POST //?")
        self.check(adapter, rush(adapter, rate=800, seconds=1, reuse=True, sent=lambda: odd))

    def test_what_is_logged_is_bounded(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4)
        self.check(adapter, rush(adapter, rate=800, seconds=2, reuse=True))
        fallbacks = [line for line in adapter.answered if line["outcome"] == "fallback_allowed"]
        seconds = {line["timestamp"][:19] for line in adapter.log}
        # Seconds of the log's clock are not those of the quota's: one may have lines of two.
        assert len(fallbacks) <= 100 * (len(seconds) + 1)
        left_out = sum(line.get("left_out", 0) for line in fallbacks)
        assert len(fallbacks) + left_out <= adapter.counted("fallback_allowed", "overload")
        assert [line for line in adapter.log if "queue" in line["event"]] == []

    def test_what_is_not_to_be_trusted_is_refused_all_the_same(self, start_adapter, decider, until):
        decider.script(refuse_slowly(until))
        adapter = start_adapter(threads=4)
        both = iter([webhook(), webhook(QUERY.replace(APP, "1"))] * 10_000)
        answers = rush(adapter, rate=800, seconds=1, reuse=True, sent=lambda: next(both))
        rejected = adapter.registry.get_sample_value(
            "adapter_answers_total", {"app": "unknown", "outcome": "rejected", "reason": "unknown_app"}
        )
        assert rejected == len(answers) // 2
        assert sum(answer.code == 1 for answer in answers) == rejected


def test_other_commands_are_allowed_whatever_the_rush(start_adapter, decider, until):
    decider.script(refuse_slowly(until))
    adapter = start_adapter(threads=4, apps=json.dumps({APP: {"on_failure": "refuse"}}))
    name = "Group.CallbackAfterCreateTopic"
    other = webhook(QUERY.replace(COMMAND, name), command=name)
    both = iter([webhook(), other] * 10_000)
    answers = rush(adapter, rate=800, seconds=1, reuse=True, sent=lambda: next(both))
    allowed = adapter.counted("other_command", name)
    assert allowed == len(answers) // 2 == sum(answer.code == 0 for answer in answers)


def test_time_before_bytes_are_read_counts_and_who_hung_up_is_not_answered(start_process, decider, until):
    settings = {"ADAPTER_BUDGET": "1", "ADAPTER_DRAIN_PAUSE": "0", "ADAPTER_LISTEN": "127.0.0.1:0"}
    apps = {"ADAPTER_APPS": json.dumps({APP: {"on_failure": "allow"}}), "ADAPTER_DECIDER": decider.target}
    process = start_process("serve", environ=settings | apps)
    process.client.webhook()
    asked = len(decider.requests)
    process.signal(signal.SIGSTOP)
    with contextlib.closing(process.client.open()) as patient:
        with contextlib.closing(process.client.open()) as impatient:
            impatient.sendall(webhook())
        patient.sendall(webhook())
        resume = time.monotonic() + 2.2
        until(lambda: time.monotonic() > resume)
        process.signal(signal.SIGCONT)
        assert b'"ErrorCode":0' in patient.recv(4096)
    process.client.webhook()
    assert len(decider.requests) == asked + 1
    overloaded = [line for line in map(json.loads, process.lines) if line.get("reason") == "overload"]
    assert len(overloaded) == 1
    assert overloaded[0]["ms"] > 2000


@pytest.mark.parametrize(("soft", "hard", "connections"), [(256, 8192, 4000), (256, 1024, 824)])
def test_as_many_connections_as_the_system_allows(soft, hard, connections):
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        "from adapter.process import make_room;"
        "print(make_room(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == [str(connections), str(connections + 200)]
