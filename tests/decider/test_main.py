"""The command line, run as its users run it."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from certificates import Authority
from grpc_health.v1 import health_pb2, health_pb2_grpc
from policies import request, write_policy
from processes import ROOT, TIMEOUT, Program, free_port

from decider.limits.ledger import counter_key
from decider.limits.open import open_store
from decider.limits.store import Counter
from decider.v1 import decider_pb2_grpc as rpc

POLICY = """\
version: 1
lists:
  spam: {kind: words, entries: [casino]}
rules:
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "That name is not allowed."}
"""
BAD = """\
version: 1
rules:
  - id: typo
    when: request.topic_nam == "x"
    refuse: {code: 5}
  - id: other
    when: name.length > "a"
    allow: {}
"""


@pytest.fixture
def run() -> Iterator[Callable[..., Program]]:
    """Runs `decider` with arguments and settings."""
    running: list[Program] = []

    def start(*arguments: str, **settings: str) -> Program:
        running.append(Program.module("decider", *arguments, **settings))
        return running[-1]

    yield start
    for program in running:
        program.end()


def finish(program: Program) -> tuple[int, str]:
    code = program.wait()
    program.end()
    return code, program.output.replace("\0", "")


def serving(run: Callable[..., Program], policy: Path, **settings: str) -> tuple[Program, str]:
    address = f"127.0.0.1:{free_port()}"
    program = run("serve", DECIDER_LISTEN=address, DECIDER_POLICY=str(policy), DECIDER_DRAIN_PAUSE="0", **settings)
    return program.wait_for('"event": "serving"'), address


def test_check_says_that_a_good_policy_is_good(run: Callable[..., Program], tmp_path: Path) -> None:
    code, output = finish(run("check", str(write_policy(tmp_path, POLICY))))
    assert code == 0
    assert "good, revision" in output
    assert "policy.yaml: rules: 1, list entries: 1, for every other app" in output


def test_check_ends_with_2_and_every_reason(run: Callable[..., Program], tmp_path: Path) -> None:
    bad = BAD.replace("refuse: {code: 5}", "refuse: {}")
    code, output = finish(run("check", str(write_policy(tmp_path, bad))))
    assert code == 2
    assert "policy.yaml:4:18: rule \"typo\": undefined field 'topic_nam'" in output
    assert 'policy.yaml:7:23: rule "other": found no matching overload' in output
    assert "cannot be used, 2 problems" in output


def test_check_warns_and_strict_ends_with_1(run: Callable[..., Program], tmp_path: Path) -> None:
    policy = str(write_policy(tmp_path, "version: 1\napps: [7]\nlists: {a: {kind: ids, entries: [b]}}\n"))
    for strict, expected in (((), 0), (("--strict",), 1)):
        code, output = finish(run("check", policy, *strict))
        assert code == expected
        assert "warning: no document is for every other app" in output
        assert 'warning: policy.yaml:3:9: list "a": no rule asks for it' in output


def test_a_bad_first_policy_stops_the_start_with_2_and_every_reason(
    run: Callable[..., Program], tmp_path: Path
) -> None:
    bad = BAD.replace("refuse: {code: 5}", "refuse: {}")
    policy = write_policy(tmp_path, bad)
    code, output = finish(run("serve", DECIDER_LISTEN="127.0.0.1:0", DECIDER_POLICY=str(policy)))
    assert code == 2
    assert "policy.yaml:4:18" in output
    assert "policy.yaml:7:23" in output


def test_bad_settings_stop_the_start_with_one_message_that_lists_them_all(run: Callable[..., Program]) -> None:
    settings = {
        "DECIDER_LISTEN": "nonsense",
        "DECIDER_THREADS": "many",
        "DECIDER_JOURNAL_FULL": "explode",
        "DECIDER_JOURNAL_MASK": "operator,shoes",
        "DECIDER_JOURNAL_MASK_KEY": "a-secret-that-must-not-be-shown",
    }
    code, output = finish(run("serve", **settings))
    assert code == 2
    for name in ("LISTEN", "THREADS", "JOURNAL_FULL", "JOURNAL_MASK", "POLICY"):
        assert f"DECIDER_{name}: " in output
    assert "a-secret" not in output
    assert "Traceback" not in output


def test_a_mask_without_a_key_stops_the_start(run: Callable[..., Program]) -> None:
    code, output = finish(run("serve", DECIDER_POLICY=".", DECIDER_JOURNAL_MASK="ip"))
    assert (code, "needs a DECIDER_JOURNAL_MASK_KEY" in output) == (2, True)


def test_a_setting_can_come_from_a_file(run: Callable[..., Program], tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "decider_journal_mask_key").write_text("k" * 20)
    policy = tmp_path / "policy"
    policy.mkdir()
    journal = tmp_path / "journal.jsonl"
    program, address = serving(
        run,
        write_policy(policy, POLICY),
        DECIDER_SECRETS_DIR=str(secrets),
        DECIDER_JOURNAL=str(journal),
        DECIDER_JOURNAL_MASK="operator",
    )
    with grpc.insecure_channel(address) as channel:
        rpc.DeciderServiceStub(channel).DecideTopicCreation(request(), timeout=TIMEOUT)
    program.signal(signal.SIGTERM)
    assert program.wait() == 0
    assert json.loads(journal.read_text())["request"]["operator_user_id"].startswith("hmac-sha256:")


def test_a_folder_of_secrets_that_is_not_there_stops_the_start(run: Callable[..., Program]) -> None:
    code, output = finish(run("serve", DECIDER_POLICY=".", DECIDER_SECRETS_DIR="/none"))
    assert (code, output.strip()) == (2, "DECIDER_SECRETS_DIR /none: no such folder")


def test_a_setting_that_is_nearly_one_is_warned_about(run: Callable[..., Program], tmp_path: Path) -> None:
    program, _ = serving(run, write_policy(tmp_path, POLICY), DECIDER_JOURNAL_QUEU="5", DECIDER_SERVICE_HOST="x")
    assert "DECIDER_JOURNAL_QUEU is not a setting; did you mean DECIDER_JOURNAL_QUEUE?" in program.output
    assert "SERVICE_HOST" not in program.output


def test_a_taken_port_is_a_clear_error(run: Callable[..., Program], tmp_path: Path) -> None:
    _, address = serving(run, write_policy(tmp_path, POLICY))
    code, output = finish(run("serve", DECIDER_LISTEN=address, DECIDER_POLICY=str(tmp_path)))
    assert (code, f"DECIDER_LISTEN {address}: address already in use" in output) == (1, True)
    assert "Traceback" not in output


def test_a_journal_that_cannot_be_opened_is_a_clear_error(run: Callable[..., Program], tmp_path: Path) -> None:
    settings = {"DECIDER_POLICY": str(write_policy(tmp_path, POLICY)), "DECIDER_JOURNAL": "/none/journal"}
    code, output = finish(run("serve", DECIDER_LISTEN="127.0.0.1:0", **settings))
    assert (code, "DECIDER_JOURNAL /none/journal: no such file or directory" in output) == (1, True)


def test_tls_files_that_cannot_be_used_stop_the_start(run: Callable[..., Program], tmp_path: Path) -> None:
    cert, _ = Authority().issue("127.0.0.1").write(tmp_path, "server")
    policy = str(write_policy(tmp_path, POLICY))
    for key, reason in ((tmp_path / "none.key", "no such file or directory"), (cert, "holds no private key")):
        settings = {"DECIDER_TLS_CERT": str(cert), "DECIDER_TLS_KEY": str(key), "DECIDER_POLICY": policy}
        code, output = finish(run("serve", DECIDER_LISTEN="127.0.0.1:0", **settings))
        assert (code, output.count("\n"), f"DECIDER_TLS_KEY {key}: {reason}" in output) == (1, 1, True), output


def test_plaintext_beyond_loopback_stops_the_start(run: Callable[..., Program], tmp_path: Path) -> None:
    policy = str(write_policy(tmp_path, POLICY))
    code, output = finish(run("serve", DECIDER_LISTEN="0.0.0.0:0", DECIDER_POLICY=policy))
    assert (code, "DECIDER_LISTEN 0.0.0.0:0 is not loopback" in output, "DECIDER_PLAINTEXT" in output) == (
        2,
        True,
        True,
    )


def test_with_mtls_the_caller_is_in_the_journal_and_a_renewed_certificate_is_taken(
    run: Callable[..., Program], tmp_path: Path
) -> None:
    authority, renewing = Authority(), Authority()
    cert, key = authority.issue("127.0.0.1").write(tmp_path, "server")
    caller = authority.issue("adapter.im.svc")
    journal = tmp_path / "journal.jsonl"
    program, address = serving(
        run,
        write_policy(tmp_path, POLICY),
        DECIDER_JOURNAL=str(journal),
        DECIDER_TLS_CERT=str(cert),
        DECIDER_TLS_KEY=str(key),
        DECIDER_TLS_CLIENT_CA=str(authority.write(tmp_path)),
        DECIDER_CALLERS="adapter.im.svc",
        DECIDER_RELOAD_INTERVAL="0.1",
    )
    assert '"transport": "mTLS"' in program.output

    def ask(ca: bytes) -> None:
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(ca, caller.key, caller.cert)) as channel:
            rpc.DeciderServiceStub(channel).DecideTopicCreation(request(), timeout=TIMEOUT)

    ask(authority.pem)
    renewing.issue("127.0.0.1").write(tmp_path, "server")
    program.wait_for("certificate reloaded")
    ask(renewing.pem)
    program.signal(signal.SIGTERM)
    assert program.wait() == 0
    assert [json.loads(line)["caller"] for line in journal.read_text().splitlines()] == ["adapter.im.svc"] * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_the_journal_flushed(
    run: Callable[..., Program], tmp_path: Path, number: signal.Signals
) -> None:
    journal = tmp_path / "journal.jsonl"
    program, address = serving(run, write_policy(tmp_path, POLICY), DECIDER_JOURNAL=str(journal))
    with grpc.insecure_channel(address) as channel:
        stub = rpc.DeciderServiceStub(channel)
        for count in range(300):
            stub.DecideTopicCreation(request(f"topic {count}"), timeout=TIMEOUT)
    program.signal(number)
    assert program.wait() == 0
    assert len(journal.read_text().splitlines()) == 300


def test_sigterm_says_not_serving_for_the_pause_and_a_second_ends_it(
    run: Callable[..., Program], tmp_path: Path
) -> None:
    program, address = serving(run, write_policy(tmp_path, POLICY))
    program.end()
    program = run("serve", DECIDER_LISTEN=address, DECIDER_POLICY=str(tmp_path), DECIDER_DRAIN_PAUSE="300").wait_for(
        '"event": "serving"'
    )
    with grpc.insecure_channel(address) as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
        statuses = (answer.status for answer in watch)
        assert next(statuses) == health_pb2.HealthCheckResponse.SERVING
        program.signal(signal.SIGTERM)
        assert next(statuses) == health_pb2.HealthCheckResponse.NOT_SERVING
        assert rpc.DeciderServiceStub(channel).DecideTopicCreation(request("casino"), timeout=TIMEOUT).code == 10101
        program.signal(signal.SIGTERM)
        assert program.wait() == 0


def test_callers_cannot_write_to_the_log(run: Callable[..., Program], tmp_path: Path) -> None:
    program, address = serving(run, write_policy(tmp_path, POLICY))
    forged = b'x\n{"event": "forged"}\n'
    settings = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    goaway = (8 + len(forged)).to_bytes(3, "big") + bytes([7, 0, 0, 0, 0, 0]) + bytes(7) + b"\x09" + forged
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + goaway)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    program.signal(signal.SIGTERM)
    assert "forged" not in finish(program)[1]


def test_metrics_are_served_on_the_admin_port_alone(run: Callable[..., Program], tmp_path: Path) -> None:
    import urllib.request

    admin = f"127.0.0.1:{free_port()}"
    serving(run, write_policy(tmp_path, POLICY), DECIDER_ADMIN_LISTEN=admin)
    with urllib.request.urlopen(f"http://{admin}/metrics", timeout=TIMEOUT) as answer:
        assert b'decider_undecided_total{cause="rule_failed"} 0.0' in answer.read()


def test_the_journal_can_go_to_standard_output(run: Callable[..., Program], tmp_path: Path) -> None:
    program, address = serving(run, write_policy(tmp_path, POLICY), DECIDER_JOURNAL="-")
    with grpc.insecure_channel(address) as channel:
        rpc.DeciderServiceStub(channel).DecideTopicCreation(request("casino"), timeout=TIMEOUT)
    program.wait_for('"verdict":"refuse","code":10101')


def explain(run: Callable[..., Program], policy: Path, *arguments: str) -> tuple[int, str]:
    return finish(run("explain", str(policy), *arguments))


def test_explain_tells_a_moderator_the_verdict_the_facts_and_each_rule(
    run: Callable[..., Program], tmp_path: Path
) -> None:
    code, output = explain(run, write_policy(tmp_path, POLICY), "--name", "CASINO night", "--operator", "bob")
    assert code == 0
    assert 'REFUSE with code 10101 "That name is not allowed."' in output
    assert "by rule spam-name of policy.yaml" in output
    assert "spam  'casino'  matches 'CASINO' at 0..6" in output
    assert "name.folded         'casino night'" in output


def test_explain_takes_a_request_as_json_and_options_win(run: Callable[..., Program], tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{"app_id": "7", "topic_name": "casino", "platform": "PLATFORM_WEB", "attributes": {"a": "b"}}')
    policy = write_policy(tmp_path, POLICY)
    given = ("--request", str(file), "--name", "chess", "--attribute", "c=d=e", "--now", "2026-01-31T08:00:00Z")
    code, output = explain(run, policy, *given)
    assert code == 0
    for expected in ("ALLOW", "PLATFORM_WEB", "attributes[\"c\"]   'd=e'", "'chess'", "2026-01-31T08:00:00Z"):
        assert expected in output


def test_explain_decides_a_journal_line_as_it_was_decided(run: Callable[..., Program], tmp_path: Path) -> None:
    policy = "version: 1\nrules:\n  - {id: no-type, when: 'request.group_type == \"\"', refuse: {code: 10111}}\n"
    line = tmp_path / "line.json"
    fields = {"app_id": "7", "operator_user_id": "bob", "topic_name": "chess"}
    head = {"schema": 1, "time": "2026-01-31T08:00:00.000001Z", "trace_id": "0af7" * 8}
    line.write_text(json.dumps({**head, "request": fields}))
    code, output = explain(run, write_policy(tmp_path, policy), "--request", str(line))
    assert (code, "REFUSE with code 10111" in output, "2026-01-31T08:00:00.000001Z" in output) == (0, True, True)


def test_explain_as_json_is_the_response_with_its_trace(run: Callable[..., Program], tmp_path: Path) -> None:
    code, output = explain(run, write_policy(tmp_path, POLICY), "--name", "casino", "--json")
    answer = json.loads(output)
    assert (answer["trace"]["matches"][0]["start"], answer["trace"]["name"]["invisible"]) == (0, False)
    assert (code, answer["verdict"], answer["trace"]["rules"][0]["outcome"]) == (
        0,
        "VERDICT_REFUSE",
        "RULE_OUTCOME_MATCHED",
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--name", "x", "--platform", "TOASTER"), "the platform TOASTER is not known; known are ANDROID"),
        (("--name", "x", "--attribute", "a"), "a is not KEY=VALUE"),
        (("--name", "x", "--now", "noon"), "noon is not a time"),
        (("--name", "x", "--app", "-1"), "app_id: must be 1 or more"),
        (("--name", "x", "--app", str(2**63)), "app_id"),
        ((), "topic_name: is required"),
        (("--name", "x" * 1001), "topic_name: must have at most 1,000 characters"),
    ],
)
def test_explain_turns_bad_input_away(
    run: Callable[..., Program], tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    code, output = explain(run, write_policy(tmp_path, POLICY), *arguments)
    assert (code, reason in output) == (2, True), output
    assert "Traceback" not in output


@pytest.mark.parametrize("content", [b"\xff", b"[]", b"{", b'{"topic": "x"}'])
def test_explain_turns_a_file_away_that_is_no_request(
    run: Callable[..., Program], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "request.json").write_bytes(content)
    code, output = explain(run, write_policy(tmp_path, POLICY), "--request", str(tmp_path / "request.json"))
    assert (code, "Traceback" in output, output.count("\n")) == (2, False, 1), output


def test_explain_says_when_it_could_not_decide(run: Callable[..., Program], tmp_path: Path) -> None:
    failing = 'version: 1\nrules:\n  - {id: a, when: \'request.attributes["x"] == ""\', allow: {}}\n'
    code, output = explain(run, write_policy(tmp_path, failing), "--name", "x")
    assert (code, 'could not decide: rule "a" could not be evaluated' in output) == (1, True)


def test_the_console_entry_point_is_installed() -> None:
    program = Program(os.path.join(os.path.dirname(sys.executable), "decider"), "--help", cwd=ROOT)
    code, output = finish(program)
    assert (code, "serve" in output, "check" in output, "explain" in output) == (0, True, True, True)


def test_every_time_zone_is_known_without_the_systems_tables(run: Callable[..., Program], tmp_path: Path) -> None:
    policy = "version: 1\nrules:\n  - {id: a, when: 'now.getHours(\"Asia/Shanghai\") == 20', refuse: {}}\n"
    code, output = explain(run, write_policy(tmp_path, policy), "--name", "x", "--now", "2026-06-15T12:00:00Z")
    assert (code, "REFUSE with code 1" in output) == (0, True)


LIMITED = """\
version: 1
rules:
  - {id: two-a-day, limit: {count: 2, per: 1d, key: request.operator_user_id}, refuse: {code: 10103}}
"""


@pytest.mark.parametrize(("used", "verdict"), [("1", "ALLOW"), ("2", "REFUSE with code 10103")])
def test_explain_takes_how_far_a_limit_is_used(
    run: Callable[..., Program], tmp_path: Path, used: str, verdict: str
) -> None:
    policy = write_policy(tmp_path, LIMITED)
    code, output = explain(run, policy, "--name", "x", "--operator", "bob", "--used", f"two-a-day={used}")
    assert (code, output.startswith(verdict)) == (0, True), output
    assert f"two-a-day  for 'bob'  {used} of 2 used in 1d" in output


@pytest.mark.parametrize(
    ("given", "reason"),
    [("two-a-day", "is not RULE=N"), ("two-a-day=x", "x is not a whole number"), ("twice=1", "has no rule twice")],
)
def test_explain_turns_a_bad_usage_away(run: Callable[..., Program], tmp_path: Path, given: str, reason: str) -> None:
    code, output = explain(run, write_policy(tmp_path, LIMITED), "--name", "x", "--used", given)
    assert (code, reason in output) == (2, True), output


@pytest.mark.parametrize(
    ("verdict", "limit", "expected"),
    [
        ("allow", {"rule_id": "two-a-day", "used": 2, "count": 2, "full": False}, "ALLOW"),
        ("refuse", {"rule_id": "two-a-day", "used": 2, "count": 2, "full": True}, "REFUSE with code 10103"),
        ("allow", {"rule_id": "two-a-day", "used": "many"}, "ALLOW"),
        ("allow", "two-a-day", "ALLOW"),
    ],
)
def test_explain_knows_from_a_journal_line_how_far_limits_were_used(
    run: Callable[..., Program], tmp_path: Path, verdict: str, limit: object, expected: str
) -> None:
    fields = {"app_id": "7", "operator_user_id": "bob", "topic_name": "chess"}
    at = "2026-01-31T08:00:00.000001Z"
    line = {"schema": 1, "time": at, "request": fields, "verdict": verdict, "limits": [limit]}
    (tmp_path / "line.json").write_text(json.dumps(line))
    code, output = explain(run, write_policy(tmp_path, LIMITED), "--request", str(tmp_path / "line.json"))
    assert (code, output.startswith(expected)) == (0, True), output


def limits(run: Callable[..., Program], folder: Path, *arguments: str) -> tuple[int, str]:
    store = f"sqlite:///{folder / 'limits.db'}"
    return finish(run("limits", *arguments, "--policy", str(folder), "--store", store))


def test_support_sees_and_forgets_how_far_a_limit_is_used(run: Callable[..., Program], tmp_path: Path) -> None:
    write_policy(tmp_path, LIMITED)
    store = open_store(f"sqlite:///{tmp_path / 'limits.db'}", 1.0, 1)
    key = counter_key(7, "two-a-day", ["bob"], shadow=False)
    store.settle([Counter(key, 2, 86400)], None, take=True, deadline=time.monotonic() + 30)
    store.close()
    of_bob = ("--app", "7", "--rule", "two-a-day", "--key", "bob")
    code, output = limits(run, tmp_path, "show", *of_bob)
    assert (code, output.startswith("1 of 2 used in 1d, the next one is free at 20")) == (0, True), output
    code, output = limits(run, tmp_path, "show", *of_bob, "--json")
    assert (code, json.loads(output)["used"]) == (0, 1)
    assert limits(run, tmp_path, "reset", *of_bob) == (0, "forgotten: 1\n")
    assert limits(run, tmp_path, "show", *of_bob) == (0, "0 of 2 used in 1d\n")


def test_support_is_told_of_a_rule_that_is_none(run: Callable[..., Program], tmp_path: Path) -> None:
    write_policy(tmp_path, LIMITED)
    code, output = limits(run, tmp_path, "show", "--app", "7", "--rule", "twice", "--key", "bob")
    assert (code, output) == (2, "app 7 has no rule twice with a limit; those with one: two-a-day\n")


def test_support_is_told_of_a_store_that_does_not_answer(run: Callable[..., Program], tmp_path: Path) -> None:
    write_policy(tmp_path, LIMITED)
    (tmp_path / "limits.db").write_bytes(b"no database " * 100)
    code, output = limits(run, tmp_path, "reset", "--app", "7", "--rule", "two-a-day", "--key", "bob")
    assert (code, "file is not a database" in output, "Traceback" in output) == (1, True, False), output
