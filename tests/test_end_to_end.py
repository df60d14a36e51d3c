"""The pair as it is deployed: two processes, real sockets, the vendor's own words."""

import hashlib
import http.client
import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import grpc
import pytest
from cutting_proxy import CuttingProxy
from policies import request, write_policy
from processes import TIMEOUT, Program, eventually, free_port
from webhooks import ALLOWED, POLICY

from decider.v1 import decider_pb2_grpc as rpc

APP, TOKEN = "1400000000", "end-to-end"
REFUSING = "1400000002"  # the same token, and on_failure refuse
COMMAND = "Group.CallbackBeforeCreateTopic"
BUDGET = 1.5


@dataclass
class Answer:
    status: int
    body: bytes
    seconds: float

    @property
    def code(self) -> int:
        return int(json.loads(self.body)["ErrorCode"])


@dataclass
class Pair:
    """A decider and an adapter, as processes."""

    decider: Program
    adapter: Program
    decider_address: str
    adapter_port: int
    folder: Path

    def start_decider(self) -> Program:
        self.decider = start_decider(self.decider_address, self.folder)
        return self.decider

    def journal(self) -> list[dict[str, object]]:
        lines = (self.folder / "journal.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def post(self, query: str, body: bytes) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.adapter_port, timeout=TIMEOUT)
        start = time.monotonic()
        connection.request("POST", f"/?{query}", body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return Answer(answer.status, content, time.monotonic() - start)

    def create(self, name: str = "Board games", app: str = APP, body: bytes | None = None, extra: str = "") -> Answer:
        return self.post(query(app) + extra, body if body is not None else event(name))


def start_decider(address: str, folder: Path) -> Program:
    return Program.module(
        "decider",
        "serve",
        DECIDER_LISTEN=address,
        DECIDER_POLICY=str(folder / "policy.yaml"),
        DECIDER_JOURNAL=str(folder / "journal.jsonl"),
        DECIDER_LIMITS=f"sqlite:///{folder / 'limits.db'}",
        DECIDER_DRAIN_PAUSE="0",
    ).wait_for('"event": "serving"')


def start_adapter(port: int, decider: str, apps: str) -> Program:
    return Program.module(
        "adapter",
        "serve",
        ADAPTER_LISTEN=f"127.0.0.1:{port}",
        ADAPTER_DECIDER=decider,
        ADAPTER_APPS=apps,
        ADAPTER_DRAIN_PAUSE="0",
    ).wait_for('"event": "serving"')


def query(app: str, command: str = COMMAND) -> str:
    now = str(int(time.time()))
    fields = {
        "SdkAppid": app,
        "CallbackCommand": command,
        "contenttype": "json",
        "ClientIP": "127.0.0.1",
        "OptPlatform": "Web",
        "Sign": hashlib.sha256((TOKEN + now).encode()).hexdigest(),
        "RequestTime": now,
    }
    return urlencode(fields)


def event(name: str, **fields: object) -> bytes:
    body = {"CallbackCommand": COMMAND, "Operator_Account": "leckie", "Type": "Community", "Name": name, **fields}
    return json.dumps(body).encode()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    write_policy(tmp_path, POLICY)
    address, port = f"127.0.0.1:{free_port()}", free_port()
    apps = {
        APP: {"tokens": ["an-older-token", TOKEN], "on_failure": "allow"},
        REFUSING: {"tokens": [TOKEN], "on_failure": "refuse"},
        "1400000003": {"on_failure": "refuse"},
    }
    decider = start_decider(address, tmp_path)
    adapter = start_adapter(port, address, json.dumps(apps))
    running = Pair(decider, adapter, address, port, tmp_path)
    yield running
    running.adapter.end()
    running.decider.end()


def test_the_vendors_sample_is_answered_to_the_letter(pair: Pair) -> None:
    sample = b"""{
"CallbackCommand": "Group.CallbackBeforeCreateTopic",
"Operator_Account": "leckie",
"Type": "Community",
"Name": "MyFirstTopic"
}"""
    unsigned = f"SdkAppid=1400000003&CallbackCommand={COMMAND}&contenttype=json&ClientIP=127.0.0.1&OptPlatform=iOS"
    for asked in (unsigned, query(APP)):
        answer = pair.post(asked, sample)
        assert (answer.status, answer.body) == (200, ALLOWED)


def test_one_topic_is_allowed_and_one_refused_and_the_journal_has_both(pair: Pair) -> None:
    assert pair.create("Board games").body == ALLOWED
    refused = json.loads(pair.create("CASINO night").body)
    assert refused == {"ActionStatus": "OK", "ErrorInfo": "That name is not allowed.", "ErrorCode": 10101}
    eventually(lambda: len(pair.journal()) == 2, "both decisions in the journal")
    first, second = pair.journal()
    assert (first["verdict"], second["verdict"], second["rule_id"]) == ("allow", "refuse", "spam-name")
    fields = first["request"]
    assert isinstance(fields, dict)
    assert (fields["app_id"], fields["signed"], fields["platform"]) == (APP, True, "PLATFORM_WEB")


BAD = {
    "a lone surrogate": event("").replace(b'"Name": ""', b'"Name": "\\ud800"'),
    "a NUL": event("a\0b"),
    "1,001 characters": event("x" * 1001),
    "a body of 65 KiB": event("x", Filler="y" * 65 * 1024),
    "another command in the body": event("x").replace(b"BeforeCreateTopic", b"BeforeCreateGroup"),
    "a body that is cut off": event("x")[:-5],
    "no name": json.dumps({"CallbackCommand": COMMAND, "Operator_Account": "a", "Type": "Community"}).encode(),
    "a name that is a number": event("x", Name=5),
    "a client address that is none": event("x"),
    "a repeated SdkAppid": event("x"),
}
EXTRA = {"a repeated SdkAppid": f"&SdkAppid={APP}"}


def test_input_that_cannot_be_trusted_is_refused_and_never_reaches_a_rule(pair: Pair) -> None:
    for what, body in BAD.items():
        for app in (APP, REFUSING):
            extra = EXTRA.get(what, "")
            asked = query(app) + extra
            if what == "a client address that is none":
                asked = asked.replace("ClientIP=127.0.0.1", "ClientIP=localhost")
            answer = pair.post(asked, body)
            assert (answer.status, answer.code) == (200, 1), what
    pair.create("the last one")
    eventually(lambda: pair.journal(), "the last decision in the journal")
    names = [line["request"]["topic_name"] for line in pair.journal()]  # type: ignore[index]
    assert names == ["the last one"]


def fallback(pair: Pair) -> None:
    for app, code in ((APP, 0), (REFUSING, 1)):
        answer = pair.create("CASINO night", app)
        assert (answer.status, answer.code) == (200, code)
        assert answer.seconds < 2, "the vendor has given up"


def verdicts_are_back(pair: Pair) -> bool:
    return pair.create("CASINO night").code == 10101


def test_without_a_decider_every_webhook_gets_on_failure_and_verdicts_come_back(pair: Pair) -> None:
    assert verdicts_are_back(pair)
    pair.decider.end()
    for _ in range(3):
        fallback(pair)
    pair.start_decider()
    eventually(lambda: verdicts_are_back(pair), "verdicts after the decider's restart")


def test_with_a_paused_decider_every_webhook_gets_on_failure_in_time_and_verdicts_come_back(pair: Pair) -> None:
    assert verdicts_are_back(pair)
    pair.decider.pause()
    for _ in range(2):
        fallback(pair)
    pair.decider.signal(signal.SIGCONT)
    eventually(lambda: verdicts_are_back(pair), "verdicts after the decider's pause")


def test_an_adapter_that_starts_before_its_decider_finds_it(pair: Pair) -> None:
    pair.decider.end()
    pair.adapter.end()
    apps = json.dumps({APP: {"tokens": [TOKEN], "on_failure": "allow"}})
    pair.adapter = start_adapter(pair.adapter_port, pair.decider_address, apps)
    assert pair.create("CASINO night").body == ALLOWED
    pair.start_decider()
    eventually(lambda: verdicts_are_back(pair), "verdicts after the decider's start")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_with_exit_code_0(pair: Pair, number: signal.Signals) -> None:
    pair.create()
    for program in (pair.adapter, pair.decider):
        program.signal(number)
        assert program.wait() == 0


def test_internal_callers_get_the_same_policy_over_grpc(pair: Pair) -> None:
    with grpc.insecure_channel(pair.decider_address) as channel:
        stub = rpc.DeciderServiceStub(channel)
        codes = [
            stub.DecideTopicCreation(request(name, app_id=42), timeout=TIMEOUT).code for name in ("chess", "casino")
        ]
    assert codes == [0, 10101]


def test_no_secret_stands_in_a_log(pair: Pair) -> None:
    posts: list[Callable[[], Answer]] = [
        pair.create,
        lambda: pair.create("CASINO night"),
        lambda: pair.post(query("99"), event("x")),
        lambda: pair.post(query(APP).replace("Sign=", "Sign=0"), event("x")),
    ]
    for post in posts:
        assert post().status == 200
    sign = query(APP).partition("Sign=")[2][:16]
    for program in (pair.adapter, pair.decider):
        program.end()
        assert TOKEN not in program.output
        assert sign not in program.output
        assert "Sign=" not in program.output


LIMITED = """\
version: 1
rules:
  - id: three-a-day
    limit: {count: 3, per: 1d, key: request.operator_user_id}
    refuse: {code: 10103, message: "Three in {per}; come back in {retry_after}."}
"""


def test_a_webhook_whose_answer_was_lost_is_asked_again_and_counts_once(pair: Pair) -> None:
    (pair.folder / "policy.yaml").write_text(LIMITED)
    pair.decider.signal(signal.SIGHUP)
    pair.decider.wait_for("policy reloaded")
    proxy = CuttingProxy(pair.decider_address)
    pair.adapter.end()
    apps = json.dumps({APP: {"tokens": [TOKEN], "on_failure": "refuse"}})
    pair.adapter = start_adapter(pair.adapter_port, proxy.address, apps)
    assert pair.create("the first").body == ALLOWED

    proxy.hold_answers()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(pair.create, "the second")
        eventually(lambda: len(pair.journal()) == 2, "the decision whose answer is lost")
        proxy.cut()
        assert answer.result().body == ALLOWED

    eventually(lambda: len(pair.journal()) == 3, "the repeated decision")
    _, lost, repeated = pair.journal()
    assert (lost["decision_id"], repeated["repeated"]) == (repeated["decision_id"], True)
    assert [pair.create("more").code for _ in range(2)] == [0, 10103]
    assert pair.create("more").body.startswith(b'{"ActionStatus":"OK","ErrorInfo":"Three in 1d; come back in ')
    proxy.close()
