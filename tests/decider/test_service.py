"""The contract, over a real gRPC connection."""

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from policies import NOON, request, write_policy

from decider.policy.loader import load_policy
from decider.status import STATUS
from decider.undecided import Cause
from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2, trace_pb2

if TYPE_CHECKING:
    from conftest import Running

SERVICE = "decider.v1.DeciderService"
TIMEOUT = 10
POLICY = """\
version: 1
lists:
  staff: {kind: ids, entries: [leckie]}
  spam: {kind: words, entries: [casino, poker]}
rules:
  - id: staff
    when: '"staff" in operator.lists'
    allow: {}
  - id: long
    shadow: true
    when: name.length > 10
    refuse: {code: 10102, message: Too long.}
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "That name is not allowed."}
  - id: level
    when: request.attributes["level"] == "0"
    refuse: {}
"""


def decide(decider: "Running", asked: pb.DecideTopicCreationRequest) -> pb.DecideTopicCreationResponse:
    return decider.stub.DecideTopicCreation(asked, timeout=TIMEOUT)


def violations(error: grpc.RpcError) -> dict[str, str]:
    status = rpc_status.from_call(error)
    assert status is not None
    details = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(details)
    return {each.field: each.description for each in details.field_violations}


def test_a_request_is_allowed_by_the_default(decider: "Running") -> None:
    decider.use("version: 1\n")
    answer = decide(decider, request())
    assert (answer.verdict, answer.code, answer.message, answer.rule_id) == (policy_pb2.VERDICT_ALLOW, 0, "", "")
    assert uuid.UUID(answer.decision_id).version == 7
    assert answer.policy_revision == decider.active.get().policy.revision
    assert not answer.HasField("trace")


def test_a_refusal_is_an_answer_with_code_message_and_rule(decider: "Running") -> None:
    decider.use(POLICY)
    answer = decide(decider, request("Casino night", attributes={"level": "1"}))
    assert (answer.verdict, answer.code, answer.message, answer.rule_id) == (
        policy_pb2.VERDICT_REFUSE,
        10101,
        "That name is not allowed.",
        "spam-name",
    )
    assert [(each.rule_id, each.verdict, each.code, each.message) for each in answer.shadow] == [
        ("long", policy_pb2.VERDICT_REFUSE, 10102, "Too long.")
    ]


def test_decision_ids_sort_by_time(decider: "Running") -> None:
    decider.use("version: 1\n")
    ids = [decide(decider, request()).decision_id for _ in range(50)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_explain_returns_the_facts_the_matches_and_every_rule(decider: "Running") -> None:
    decider.use(POLICY)
    trace = decide(decider, request("My POKER club", explain=True, attributes={"level": "1"})).trace
    assert trace.document == "policy.yaml"
    assert (trace.name.length, trace.name.folded, list(trace.name.lists)) == (13, "my poker club", ["spam"])
    assert [(each.list, each.subject, each.entry, each.start, each.end) for each in trace.matches] == [
        ("spam", trace_pb2.MATCH_SUBJECT_NAME, "poker", 3, 8)
    ]
    assert [(each.rule_id, each.outcome, each.shadow) for each in trace.rules] == [
        ("staff", trace_pb2.RULE_OUTCOME_NOT_MATCHED, False),
        ("long", trace_pb2.RULE_OUTCOME_MATCHED, True),
        ("spam-name", trace_pb2.RULE_OUTCOME_MATCHED, False),
        ("level", trace_pb2.RULE_OUTCOME_NOT_REACHED, False),
    ]


def test_a_rule_that_fails_is_internal_and_names_the_rule(decider: "Running") -> None:
    decider.use(POLICY)
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, request())
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert 'rule "level" could not be evaluated' in caught.value.details()


BAD_FIELDS = [
    ({"app_id": 0}, "app_id", "must be 1 or more, and is 0"),
    ({"app_id": -5}, "app_id", "must be 1 or more, and is -5"),
    ({"operator_user_id": ""}, "operator_user_id", "is required"),
    ({"operator_user_id": "x" * 129}, "operator_user_id", "must have at most 128 characters, and has 129"),
    ({"operator_user_id": "a\0"}, "operator_user_id", "must not contain U+0000"),
    ({"group_type": "x" * 65}, "group_type", "must have at most 64 characters, and has 65"),
    ({"topic_name": ""}, "topic_name", "is required"),
    ({"topic_name": "x" * 1001}, "topic_name", "must have at most 1,000 characters, and has 1,001"),
    ({"topic_name": "a\0b"}, "topic_name", "must not contain U+0000"),
    ({"client_ip": "10.1.2"}, "client_ip", "must be an IPv4 or IPv6 address without port or zone, or empty"),
    ({"client_ip": "fe80::1%eth0"}, "client_ip", "must be an IPv4 or IPv6 address without port or zone, or empty"),
    ({"event_time": Timestamp(seconds=10**12)}, "event_time", "must lie in the years 1 to 9999"),
    ({"event_time": Timestamp(nanos=-1)}, "event_time", "must lie in the years 1 to 9999"),
    ({"request_id": "a b"}, "request_id", "must have at most 128 printable ASCII characters and no space"),
    ({"request_id": "x" * 129}, "request_id", "must have at most 128 printable ASCII characters and no space"),
    ({"attributes": {str(n): "" for n in range(65)}}, "attributes", "must have at most 64 entries, has 65"),
    ({"attributes": {"a b": ""}}, "attributes", "the key 'a b' must have 1 to 64 characters out of A-Za-z0-9_.-"),
    ({"attributes": {"k": "x" * 1001}}, 'attributes["k"]', "must have at most 1,000 characters, and has 1,001"),
    ({"attributes": {"k": "\0"}}, 'attributes["k"]', "must not contain U+0000"),
]


@pytest.mark.parametrize(("fields", "field", "description"), BAD_FIELDS)
def test_a_field_that_breaks_a_limit_is_named(
    decider: "Running", fields: dict[str, object], field: str, description: str
) -> None:
    decider.use("version: 1\n")
    asked = request()
    asked.MergeFrom(pb.DecideTopicCreationRequest(**fields))  # type: ignore[arg-type]
    for name, value in fields.items():
        if value == "" or value == 0:
            asked.ClearField(name)  # type: ignore[arg-type]
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, asked)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(caught.value) == {field: description}


def test_every_bad_field_is_named_at_once(decider: "Running") -> None:
    decider.use("version: 1\n")
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, pb.DecideTopicCreationRequest(client_ip="x", request_id="é"))
    assert list(violations(caught.value)) == ["app_id", "operator_user_id", "topic_name", "client_ip", "request_id"]
    assert caught.value.details().startswith("invalid request: app_id: must be 1 or more")


@pytest.mark.parametrize(
    "fields",
    [
        {"app_id": 2**63 - 1},
        {"operator_user_id": "😀" * 128},
        {"topic_name": "😀" * 1000},
        {"client_ip": "2001:db8::1"},
        {"client_ip": ""},
        {"event_time": Timestamp(seconds=1669872112, nanos=999_999_999)},
        {"request_id": "x" * 128},
        {"platform": 4711},
        {"attributes": {f"k{n}": "é" * 1000 for n in range(64)}},
    ],
)
def test_a_field_at_its_limit_is_fine(decider: "Running", fields: dict[str, object]) -> None:
    decider.use("version: 1\n")
    topic = {"name": fields.pop("topic_name")} if "topic_name" in fields else {}
    assert decide(decider, request(**topic, **fields)).verdict == policy_pb2.VERDICT_ALLOW  # type: ignore[arg-type]


def test_an_unknown_app_gets_the_default_document(decider: "Running") -> None:
    decider.use(POLICY)
    assert decide(decider, request("poker", app_id=42)).rule_id == "spam-name"


def test_an_app_without_any_document_is_an_invalid_argument(decider: "Running") -> None:
    decider.use("version: 1\napps: [7]\n")
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, request(app_id=8))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "app_id" in violations(caught.value)


def test_a_batch_is_answered_in_order_each_with_its_own_outcome(decider: "Running") -> None:
    decider.use(POLICY)
    level = {"level": "1"}
    items = [
        request("poker", attributes=level),
        request("", attributes=level),
        request("chess", attributes=level),
        request("chess"),
    ]
    answer = decider.stub.BatchDecideTopicCreation(pb.BatchDecideTopicCreationRequest(requests=items), timeout=TIMEOUT)
    assert [each.WhichOneof("outcome") for each in answer.outcomes] == ["response", "error", "response", "error"]
    assert [each.response.rule_id for each in answer.outcomes] == ["spam-name", "", "", ""]
    assert [each.error.code for each in answer.outcomes] == [0, 3, 0, 13]
    assert [each.field for each in answer.outcomes[1].error.violations] == ["topic_name"]
    assert len(decider.journal.entries) == 3


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_1_to_500_requests(decider: "Running", count: int) -> None:
    decider.use("version: 1\n")
    batch = pb.BatchDecideTopicCreationRequest(requests=[request()] * count)
    with pytest.raises(grpc.RpcError) as caught:
        decider.stub.BatchDecideTopicCreation(batch, timeout=TIMEOUT)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(caught.value) == {"requests": f"must hold 1 to 500 requests, and holds {count}"}


def test_a_batch_of_500_is_answered(decider: "Running") -> None:
    decider.use("version: 1\n")
    batch = pb.BatchDecideTopicCreationRequest(requests=[request(f"topic {n}") for n in range(500)])
    assert len(decider.stub.BatchDecideTopicCreation(batch, timeout=TIMEOUT).outcomes) == 500


def test_get_policy_tells_the_rules_and_the_sizes_of_lists(decider: "Running") -> None:
    decider.use(POLICY)
    policy = decider.stub.GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT)
    assert policy.revision == decider.active.get().policy.revision
    assert policy.load_time.seconds > 0
    assert not policy.HasField("reload_error")
    document = policy.documents[0]
    assert [(each.name, each.kind, each.size) for each in document.lists] == [
        ("staff", policy_pb2.LIST_KIND_IDS, 1),
        ("spam", policy_pb2.LIST_KIND_WORDS, 2),
    ]
    assert [(each.id, each.mode) for each in document.rules] == [
        ("staff", policy_pb2.RULE_MODE_ENFORCE),
        ("long", policy_pb2.RULE_MODE_SHADOW),
        ("spam-name", policy_pb2.RULE_MODE_ENFORCE),
        ("level", policy_pb2.RULE_MODE_ENFORCE),
    ]
    assert document.rules[2].effect.code == 10101
    assert document.rules[3].when == 'request.attributes["level"] == "0"'
    assert document.default.verdict == policy_pb2.VERDICT_ALLOW


def test_before_a_policy_is_loaded_every_call_is_unavailable(decider: "Running") -> None:
    calls: list[Callable[[], object]] = [
        lambda: decide(decider, request()),
        lambda: decider.stub.BatchDecideTopicCreation(
            pb.BatchDecideTopicCreationRequest(requests=[request()]), timeout=TIMEOUT
        ),
        lambda: decider.stub.GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT),
    ]
    for call in calls:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("service", ["", SERVICE])
def test_health_is_not_serving_until_a_policy_is_loaded(decider: "Running", service: str) -> None:
    health = health_pb2_grpc.HealthStub(decider.channel)
    asked = health_pb2.HealthCheckRequest(service=service)
    assert health.Check(asked, timeout=TIMEOUT).status == health_pb2.HealthCheckResponse.NOT_SERVING
    decider.use("version: 1\n")
    assert health.Check(asked, timeout=TIMEOUT).status == health_pb2.HealthCheckResponse.SERVING


def test_health_is_not_serving_while_draining_and_calls_are_still_answered(decider: "Running") -> None:
    decider.use("version: 1\n")
    health = health_pb2_grpc.HealthStub(decider.channel)
    watch = health.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=TIMEOUT)
    statuses = (answer.status for answer in watch)
    assert next(statuses) == health_pb2.HealthCheckResponse.SERVING
    at_once = threading.Event()
    drain = threading.Thread(target=decider.server.drain, args=(60, 5, at_once))
    drain.start()
    assert next(statuses) == health_pb2.HealthCheckResponse.NOT_SERVING
    assert decide(decider, request()).verdict == policy_pb2.VERDICT_ALLOW
    at_once.set()
    drain.join(TIMEOUT)
    assert not drain.is_alive()


def test_reflection_lists_the_service_and_describes_it(decider: "Running") -> None:
    database = ProtoReflectionDescriptorDatabase(decider.channel)
    assert set(database.get_services()) >= {SERVICE, "grpc.health.v1.Health"}
    file = database.FindFileContainingSymbol(SERVICE)
    assert [method.name for method in file.service[0].method] == [
        "DecideTopicCreation",
        "BatchDecideTopicCreation",
        "GetPolicy",
    ]


def test_a_defect_is_internal_and_tells_nothing_of_itself(start: Callable[..., "Running"]) -> None:
    decider = start()
    decider.use("version: 1\n")
    object.__setattr__(decider.active.get().policy, "by_app", None)  # what no policy file can do: break the engine
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, request())
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INTERNAL, "internal error")


def test_more_calls_than_allowed_are_shed(start: Callable[..., "Running"]) -> None:
    decider = start(max_calls=1)
    decider.use("version: 1\n")
    decider.journal.gate.clear()
    held = decider.stub.DecideTopicCreation.future(request(), timeout=TIMEOUT)
    assert decider.journal.waiting.wait(TIMEOUT)
    with pytest.raises(grpc.RpcError) as caught:
        decide(decider, request())
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    decider.journal.gate.set()
    assert held.result().verdict == policy_pb2.VERDICT_ALLOW


def test_every_cause_has_a_status() -> None:
    assert STATUS == {
        Cause.INVALID_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
        Cause.NO_POLICY: grpc.StatusCode.UNAVAILABLE,
        Cause.RULE_FAILED: grpc.StatusCode.INTERNAL,
        Cause.LIMITS_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
        Cause.DEFECT: grpc.StatusCode.INTERNAL,
    }


def test_metrics_count_verdicts_rules_shadow_and_causes(decider: "Running") -> None:
    decider.use(POLICY)
    decide(decider, request("big casino night", attributes={"level": "1"}))
    for asked in (request(), request("")):
        with pytest.raises(grpc.RpcError):
            decide(decider, asked)

    def value(name: str, **labels: str) -> float | None:
        return decider.registry.get_sample_value(name, labels)

    counted = {"app": "other", "rule": "spam-name", "verdict": "refuse", "mode": "enforced"}
    assert value("decider_decisions_total", **counted) == 1
    assert value("decider_decisions_total", **counted | {"rule": "long", "mode": "shadow"}) == 1
    assert value("decider_undecided_total", cause="invalid_request") == 1
    assert value("decider_undecided_total", cause="rule_failed") == 1


CANDIDATE = """\
version: 1
rules:
  - {id: no-chess, when: 'name.folded == "chess"', refuse: {code: 10120, message: No chess.}}
  - {id: fails, when: 'name.folded == "fails" && request.attributes["x"] == ""', refuse: {}}
"""


def test_what_a_candidate_policy_would_do_is_reported_where_it_differs(
    decider: "Running", tmp_path_factory: pytest.TempPathFactory
) -> None:
    decider.use("version: 1\n")
    candidate = load_policy(write_policy(tmp_path_factory.mktemp("candidate"), CANDIDATE))
    decider.candidate.use(candidate, NOON)
    same, differs, fails = (decide(decider, request(name)) for name in ("go", "chess", "fails"))
    assert [answer.verdict for answer in (same, differs, fails)] == [policy_pb2.VERDICT_ALLOW] * 3
    assert list(same.shadow) == []
    assert [(each.policy_revision, each.rule_id, each.code, each.message) for each in differs.shadow] == [
        (candidate.revision, "no-chess", 10120, "No chess.")
    ]
    assert [(each.rule_id, each.verdict, "Key not found" in each.error) for each in fails.shadow] == [
        ("fails", policy_pb2.VERDICT_UNSPECIFIED, True)
    ]
    policy = decider.stub.GetPolicy(pb.GetPolicyRequest(), timeout=TIMEOUT)
    assert (policy.candidate_revision, policy.revision) == (candidate.revision, same.policy_revision)
    counted = {"app": "other", "rule": "", "candidate_rule": "no-chess", "outcome": "refuse"}
    assert decider.registry.get_sample_value("decider_candidate_outcomes_total", counted) == 1


def test_a_candidate_that_breaks_changes_no_verdict(
    decider: "Running", tmp_path_factory: pytest.TempPathFactory
) -> None:
    decider.use(POLICY)
    candidate = load_policy(write_policy(tmp_path_factory.mktemp("candidate"), CANDIDATE))
    decider.candidate.use(candidate, NOON)
    object.__setattr__(candidate, "by_app", None)  # what no policy file can do: break the engine
    answer = decide(decider, request("poker", attributes={"level": "1"}))
    assert (answer.code, answer.shadow[-1].error) == (10101, "internal error")
