"""Traces of the pair as it is deployed, received by a collector that speaks OTLP."""

import http.client
import inspect
import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import grpc
import pytest
from collector import Babbler, Collector
from cutting_proxy import CuttingProxy
from deployments import Deployment
from opentelemetry.semconv._incubating.attributes import rpc_attributes
from opentelemetry.semconv.attributes import db_attributes, http_attributes, url_attributes
from policies import request
from processes import ROOT, TIMEOUT, Program, eventually, free_port
from webhooks import ALLOWED, ALLOWING, REFUSED, TOKEN, WEBHOOKS, Webhook, counting

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

RPC = "decider.v1.DeciderService/DecideTopicCreation"
GAMES, CASINO = WEBHOOKS[:2]
FAILING = """\
  - id: level
    when: name.folded.startsWith("no such") && request.attributes["level"] == "3"
    refuse: {}
"""
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, NOT_SAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


def traced(endpoint: str, **settings: str) -> dict[str, str]:
    """Settings that both take; spans are sent every 50 ms."""
    sending = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    return {"ADAPTER_TRACING": "otlp", "DECIDER_TRACING": "otlp", **sending, **settings}


@contextmanager
def deployed(folder: Path, **settings: str) -> Iterator[Deployment]:
    """A decider that counts what it allows, with a journal, and an adapter."""
    made = Deployment(folder)
    try:
        made.write_policy(counting("fail") + FAILING)
        made.decider(DECIDER_JOURNAL=str(folder / "journal.jsonl"), DECIDER_LOG_LEVEL="debug", **settings)
        made.adapter(ADAPTER_LOG_LEVEL="debug", **settings)
        yield made
    finally:
        for replica in (*made.adapters, *made.deciders):
            replica.program.end()


def post(deployment: Deployment, webhook: Webhook = GAMES, **headers: str) -> bytes:
    connection = http.client.HTTPConnection(deployment.adapters[-1].address, timeout=TIMEOUT)
    connection.request("POST", f"/?{webhook.query()}", webhook.body(), headers)
    body = connection.getresponse().read()
    connection.close()
    return body


def ask(deployment: Deployment, *metadata: tuple[str, str], name: str = "Board games") -> str:
    """Call the decider as another service would; the decision's id."""
    with grpc.insecure_channel(deployment.deciders[0].address) as channel:
        asked = request(name, request_id=str(time.monotonic_ns()))
        answer = rpc.DeciderServiceStub(channel).DecideTopicCreation(asked, timeout=TIMEOUT, metadata=metadata)
    return str(answer.decision_id)


def line(program: Program, **fields: object) -> dict[str, object]:
    """The one line of a log with such fields."""

    def found() -> list[dict[str, object]]:
        lines = [json.loads(line) for line in program.output.splitlines() if line.startswith("{")]
        return [line for line in lines if fields.items() <= line.items()]

    eventually(found, f"{fields} in the log")
    (only,) = found()
    return only


def journalled(deployment: Deployment, decision_id: object) -> dict[str, object]:
    path = deployment.folder / "journal.jsonl"
    eventually(lambda: str(decision_id) in path.read_text(), "the decision in the journal")
    (only,) = [line for line in map(json.loads, path.read_text().splitlines()) if line["decision_id"] == decision_id]
    return dict(only)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@pytest.fixture(scope="module")
def every(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything is traced."""
    settings = traced(collector.endpoint, OTEL_EXPORTER_OTLP_HEADERS="x-key=for-the-collector")
    with deployed(tmp_path_factory.mktemp("every"), **settings) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def none(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Nothing is traced but what a trusted caller wants to be."""
    settings = traced(
        collector.endpoint,
        ADAPTER_TRACING_SAMPLE="0",
        DECIDER_TRACING_SAMPLE="0",
        ADAPTER_TRACING_PARENT="trust",
        DECIDER_TRACING_CONTENT="operator,name",
    )
    with deployed(tmp_path_factory.mktemp("none"), **settings) as deployment:
        yield deployment


def test_a_webhook_is_one_trace_from_its_first_byte_to_the_store(every: Deployment, collector: Collector) -> None:
    with collector.only() as trace:
        assert post(every, traceparent=SAMPLED, tracestate="vendor=1") == ALLOWED
        webhook, call, served, rules, store = spans = trace(5)
    assert [(span.service, span.name, span.kind) for span in spans] == [
        ("adapter", "POST /", "SERVER"),
        ("adapter", RPC, "CLIENT"),
        ("decider", RPC, "SERVER"),
        ("decider", "evaluate rules", "INTERNAL"),
        ("decider", "settle limits", "INTERNAL"),
    ]
    assert {span.trace_id for span in spans} == {webhook.trace_id}
    assert webhook.trace_id != TRACE, "the vendor chose what is traced"
    parents = [span.parent_id for span in spans]
    assert parents == ["", webhook.span_id, call.span_id, served.span_id, rules.span_id]
    assert all(outer.start <= inner.start and inner.end <= outer.end for outer, inner in pairwise(spans))
    assert not any(span.failed for span in spans)
    assert store.attributes["db.system.name"] == "memory"


def test_the_same_ids_stand_in_both_logs_and_in_the_journal(every: Deployment, collector: Collector) -> None:
    with collector.only() as trace:
        post(every)
        webhook, _, served, rules, _ = trace(5)
    decision_id, request_id = (rules.attributes[f"topic_gate.{name}"] for name in ("decision_id", "request_id"))
    ids = {"decision_id": decision_id, "request_id": request_id, "trace_id": webhook.trace_id}
    assert line(every.adapters[0].program, event="answered", **ids)["span_id"] == webhook.span_id
    assert line(every.deciders[0].program, event="decided", **ids)["span_id"] == served.span_id
    assert journalled(every, decision_id)["trace_id"] == webhook.trace_id


def test_spans_say_what_happened_and_nothing_that_is_secret_or_personal(
    every: Deployment, collector: Collector
) -> None:
    with collector.only() as trace:
        assert post(every, CASINO) == REFUSED
        webhook, call, served, rules, _ = spans = trace(5)
    app = {"topic_gate.app_id": int(ALLOWING), "topic_gate.code": 10101, "topic_gate.rule_id": "spam-name"}
    http = {"http.request.method": "POST", "http.route": "/", "url.path": "/", "http.response.status_code": 200}
    assert webhook.attributes.items() >= {**http, **app, "topic_gate.outcome": "refused"}.items()
    method = {"rpc.system.name": "grpc", "rpc.method": RPC, "rpc.response.status_code": "OK"}
    assert call.attributes == served.attributes == method
    assert (
        rules.attributes.items()
        >= {**app, "topic_gate.verdict": "refuse", "topic_gate.document": "policy.yaml"}.items()
    )
    for secret in (TOKEN, CASINO.name, "leckie", "Sign", "RequestTime", "SdkAppid"):
        assert secret not in repr(spans)
    assert {headers["x-key"] for headers in collector.headers} == {"for-the-collector"}


def test_every_attribute_is_of_the_conventions_in_force_or_ours(every: Deployment, collector: Collector) -> None:
    with collector.only() as trace:
        post(every)
        names = {name for span in trace(5) for name in span.attributes}
    modules = [http_attributes, url_attributes, rpc_attributes, db_attributes]
    known = {value for module in modules for name, value in vars(module).items() if _is_in_force(module, name)}
    assert {name for name in names if not name.startswith("topic_gate.")} <= known


def _is_in_force(module: ModuleType, name: str) -> bool:
    _, _, after = inspect.getsource(module).partition(f"\n{name}: Final = ")
    return bool(after) and not after.partition('"""')[2].lstrip().startswith("Deprecated")


def test_a_call_that_is_the_callers_fault_is_no_failed_span_and_one_that_is_ours_is(
    every: Deployment, collector: Collector
) -> None:
    for name, status, failed in (("", "INVALID_ARGUMENT", False), ("no such level", "INTERNAL", True)):
        with collector.only() as trace:
            with pytest.raises(grpc.RpcError):
                ask(every, name=name)
            served = next(span for span in trace(1 + failed) if span.name == RPC)
        assert (served.attributes["rpc.response.status_code"], served.failed) == (status, failed)
        assert repr(name) not in repr(collector.spans) or not name
    (rules,) = [span for span in collector.spans if span.name == "evaluate rules"]
    assert rules.failed
    assert line(every.deciders[0].program, event="rule failed", trace_id=rules.trace_id)["request_id"]
    assert (rules.attributes["error.type"], rules.attributes["topic_gate.rule_id"]) == ("rule_failed", "level")


def test_a_batch_is_one_call_with_the_steps_of_each_of_its_requests(every: Deployment, collector: Collector) -> None:
    with collector.only() as trace, grpc.insecure_channel(every.deciders[0].address) as channel:
        batch = pb.BatchDecideTopicCreationRequest(requests=[request("chess"), request("go")])
        rpc.DeciderServiceStub(channel).BatchDecideTopicCreation(batch, timeout=TIMEOUT)
        served, *steps = trace(5)
    assert served.name == "decider.v1.DeciderService/BatchDecideTopicCreation"
    assert [step.parent_id for step in steps if step.name == "evaluate rules"] == [served.span_id] * 2


def test_an_attempt_that_was_cut_off_and_its_repetition_both_stand_under_the_one_call(
    every: Deployment, collector: Collector
) -> None:
    proxy = CuttingProxy(every.deciders[0].address)
    every.adapter(proxy.address, **traced(collector.endpoint))
    with collector.only() as trace:
        post(every)
        trace(5)
    proxy.hold_answers()
    with collector.only() as trace, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, every)
        trace(3)  # the first attempt, as far as the decider goes
        proxy.cut()
        assert answer.result() == ALLOWED
        spans = trace(8)
    proxy.close()
    (call,) = [span for span in spans if span.kind == "CLIENT"]
    first, second = [span for span in spans if span.service == "decider" and span.name == RPC]
    assert first.parent_id == second.parent_id == call.span_id
    attempts = "topic_gate.rpc.previous_attempts"
    assert (first.attributes.get(attempts), second.attributes.get(attempts)) == (None, "1")
    *_, rules = [span for span in spans if span.name == "evaluate rules"]
    assert rules.attributes["topic_gate.repeated"] is True


def test_a_webhook_without_a_verdict_is_a_failed_span(every: Deployment, collector: Collector) -> None:
    every.adapter(f"127.0.0.1:{free_port()}", **traced(collector.endpoint))
    with collector.only() as trace:
        assert post(every) == ALLOWED  # by on_failure
        webhook, call = trace(2)
    assert (webhook.failed, webhook.attributes["error.type"]) == (True, "unreachable")
    assert (call.failed, call.attributes["error.type"]) == (True, "UNAVAILABLE")


def test_with_a_share_of_0_nothing_is_sent_but_both_logs_still_name_one_trace(
    none: Deployment, collector: Collector
) -> None:
    with collector.only() as trace:
        post(none)
        post(none, traceparent=NOT_SAMPLED)
        ask(none, ("traceparent", NOT_SAMPLED))
        post(none, traceparent=SAMPLED)  # to know when the others would have come
        assert {span.trace_id for span in trace(5)} == {TRACE}
        assert len(trace(5)) == 5
    answered = [line for line in none.adapters[0].program.output.splitlines() if '"answered"' in line]
    first = json.loads(answered[0])
    assert line(none.deciders[0].program, event="decided", trace_id=first["trace_id"])


def test_a_trusted_caller_is_followed_and_what_the_settings_let_out_stands_in_spans(
    none: Deployment, collector: Collector
) -> None:
    sends: list[tuple[int, Callable[[], object]]] = [
        (5, lambda: post(none, traceparent=SAMPLED)),
        (3, lambda: ask(none, ("traceparent", SAMPLED))),
    ]
    for count, send in sends:
        with collector.only() as trace:
            send()
            first, *_, rules, _ = spans = trace(count)
        assert {span.trace_id for span in spans} == {TRACE}
        assert first.parent_id == PARENT
        assert rules.attributes["topic_gate.operator"] in ("leckie", "someone")
        assert rules.attributes["topic_gate.name"] in (GAMES.name, "Board games")


WITHOUT_THE_EXTRA = "raise ModuleNotFoundError(\"No module named 'opentelemetry'\", name='opentelemetry')"


@pytest.fixture
def without_the_extra(tmp_path: Path) -> dict[str, str]:
    """An environment in which OpenTelemetry is not installed, as far as importing it goes."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "opentelemetry.py").write_text(WITHOUT_THE_EXTRA)
    return {"PYTHONPATH": str(tmp_path / "path")}


def test_off_nothing_of_opentelemetry_is_imported_and_a_callers_trace_is_still_told(
    tmp_path: Path, without_the_extra: dict[str, str]
) -> None:
    with deployed(tmp_path, **without_the_extra) as deployment:
        assert post(deployment, traceparent=SAMPLED) == ALLOWED
        assert "trace_id" not in line(deployment.adapters[0].program, event="answered")
        decision_id = ask(deployment, ("traceparent", SAMPLED))
        told = line(deployment.deciders[0].program, event="decided", decision_id=decision_id)
        assert (told["trace_id"], "span_id" in told) == (TRACE, False)
        assert journalled(deployment, decision_id)["trace_id"] == TRACE
        for bad in ("00-" + "0" * 32 + f"-{PARENT}-01", SAMPLED.upper(), SAMPLED + "-more"):
            assert "trace_id" not in journalled(deployment, ask(deployment, ("traceparent", bad)))


@pytest.mark.parametrize("name", ["adapter", "decider"])
def test_on_without_the_extra_the_start_fails_and_says_what_to_install(
    name: str, without_the_extra: dict[str, str]
) -> None:
    required = {"DECIDER_POLICY": str(ROOT / "decider" / "example"), "ADAPTER_APPS": '{"1": {"on_failure": "allow"}}'}
    program = Program.module(name, "serve", **required, **without_the_extra, **traced("http://127.0.0.1:4317"))
    assert program.wait() == 2
    program.end()
    assert 'opentelemetry is not installed; install it with: pip install "topic-gate[otel]"' in program.output
    assert "Traceback" not in program.output


def hang(context: grpc.ServicerContext) -> None:
    eventually(lambda: not context.is_active(), "the exporter's patience")


def test_a_collector_in_trouble_costs_no_answer_and_no_late_one_and_is_told_once(tmp_path: Path) -> None:
    slow, babbler, dead = Collector(hang), Babbler(), f"http://127.0.0.1:{free_port()}"
    small = {
        "OTEL_BSP_MAX_QUEUE_SIZE": "64",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
    }
    for number, endpoint in enumerate((slow.endpoint, babbler.endpoint, dead)):
        (tmp_path / str(number)).mkdir()
        with deployed(tmp_path / str(number), **traced(endpoint, **small)) as deployment:
            for webhook, answer in ((GAMES, ALLOWED), (CASINO, REFUSED)) * 60:
                began = time.monotonic()
                assert post(deployment, webhook) == answer
                assert time.monotonic() - began < 1.0
            programs = (deployment.adapters[0].program, deployment.deciders[0].program)
            for program in programs:
                program.wait_for("opentelemetry")
            began = time.monotonic()
            for program in programs:
                program.signal(signal.SIGTERM)
            for program in programs:
                assert program.wait() == 0
                assert time.monotonic() - began < 4.0, "it waited for the collector"
                program.end()
                told = [json.loads(line) for line in program.output.splitlines() if "opentelemetry" in line]
                places = [(line["logger"], line["event"][:20]) for line in told]
                assert len(places) == len(set(places))
                assert {line["level"] for line in told} == {"warning"}
    slow.close()
    babbler.close()
