"""Limits as callers see them: who consumes, what is told, what a repeated request gets, and trouble with the store."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from moody_store import Moody
from policies import request, write_policy

from decider.policy.loader import load_policy
from decider.v1 import decider_pb2 as pb
from decider.v1 import limits_pb2, policy_pb2, trace_pb2

if TYPE_CHECKING:
    from conftest import Running

POLICY = """\
version: 1
lists:
  staff: {kind: ids, entries: [leckie]}
rules:
  - id: staff
    when: '"staff" in operator.lists'
    allow: {}
  - id: two-an-hour
    limit: {count: 2, per: 1h, key: request.operator_user_id}
    refuse: {code: 10103, message: "{count} in {per}: come back in {retry_after}."}
  - id: four-a-day
    limit: {count: 4, per: 1d, key: '"all"'}
    refuse: {code: 10104}
  - id: long
    when: name.length > 20
    refuse: {code: 10102}
"""
LONG = "x" * 21


@pytest.fixture
def store() -> Moody:
    return Moody("the disk is full")


@pytest.fixture
def decider(start: Callable[..., "Running"], store: Moody) -> "Running":
    running = start(store=store)
    running.use(POLICY)
    return running


def ask(decider: "Running", name: str = "chess", **fields: object) -> pb.DecideTopicCreationResponse:
    return decider.stub.DecideTopicCreation(request(name, **fields), timeout=30)


def codes(decider: "Running", count: int, **fields: object) -> list[int]:
    return [ask(decider, **fields).code for _ in range(count)]


def used(decider: "Running", **fields: object) -> list[int]:
    return [limit.used for limit in ask(decider, dry_run=True, **fields).limits]


def test_a_limit_refuses_when_its_key_has_used_up_the_count(decider: "Running") -> None:
    assert codes(decider, 3) == [0, 0, 10103]
    assert codes(decider, 3, operator_user_id="eve") == [0, 0, 10103]
    assert codes(decider, 1, operator_user_id="mallory") == [10104]


def test_an_earlier_rule_that_allows_is_not_limited(decider: "Running") -> None:
    assert codes(decider, 5, operator_user_id="leckie") == [0] * 5
    assert used(decider) == [0, 0]


def test_a_request_that_is_refused_consumes_nothing(decider: "Running") -> None:
    assert codes(decider, 5, name=LONG) == [10102] * 5
    assert used(decider) == [0, 0]


def test_a_full_limit_comes_before_a_later_refusal(decider: "Running") -> None:
    codes(decider, 2)
    assert codes(decider, 1, name=LONG) == [10103]


def test_a_dry_run_consumes_nothing(decider: "Running") -> None:
    assert codes(decider, 5, dry_run=True) == [0] * 5
    assert used(decider) == [0, 0]


def test_either_all_limits_are_consumed_or_none(decider: "Running") -> None:
    codes(decider, 2, operator_user_id="a")
    codes(decider, 2, operator_user_id="b")
    assert codes(decider, 2, operator_user_id="c") == [10104, 10104]
    assert used(decider, operator_user_id="c") == [0, 4]


def test_batch_items_that_are_refused_consume_nothing(decider: "Running") -> None:
    batch = [request(name) for name in (LONG, "chess", LONG, "chess", "chess")]
    answer = decider.stub.BatchDecideTopicCreation(pb.BatchDecideTopicCreationRequest(requests=batch), timeout=30)
    assert [outcome.response.code for outcome in answer.outcomes] == [10102, 0, 10102, 0, 10103]


def test_apps_are_counted_apart(decider: "Running") -> None:
    assert codes(decider, 3, app_id=5) == [0, 0, 10103]
    assert codes(decider, 1, app_id=6) == [0]


def test_the_answer_tells_the_count_the_limit_and_when_the_next_one_is_free(decider: "Running") -> None:
    before = datetime.now().astimezone()
    first = ask(decider).limits
    assert [(each.rule_id, each.used, each.count, each.full) for each in first] == [
        ("two-an-hour", 1, 2, False),
        ("four-a-day", 1, 4, False),
    ]
    assert [each.per.seconds for each in first] == [3600, 86400]
    frees_up = first[0].frees_up.ToDatetime(before.tzinfo)
    assert abs(frees_up - before - timedelta(hours=1)) < timedelta(seconds=30)


def test_the_message_is_filled_in(decider: "Running") -> None:
    codes(decider, 2)
    assert ask(decider).message == "2 in 1h: come back in 1h."


def test_the_trace_shows_key_and_usage(decider: "Running") -> None:
    codes(decider, 2)
    rules = {rule.rule_id: rule for rule in ask(decider, explain=True).trace.rules}
    assert rules["two-an-hour"].outcome == trace_pb2.RULE_OUTCOME_MATCHED
    assert (rules["two-an-hour"].limit.used, list(rules["two-an-hour"].limit_key)) == (2, ["someone"])
    assert rules["four-a-day"].outcome == trace_pb2.RULE_OUTCOME_NOT_REACHED
    assert not rules["four-a-day"].HasField("limit")


def test_the_policy_tells_its_limits(decider: "Running") -> None:
    rules = decider.stub.GetPolicy(pb.GetPolicyRequest(), timeout=30).documents[0].rules
    assert [rule.limit.count for rule in rules] == [0, 2, 4, 0]
    assert (list(rules[1].limit.key), rules[1].limit.on_store_failure) == (
        ["request.operator_user_id"],
        limits_pb2.ON_STORE_FAILURE_FAIL,
    )


def test_a_repeated_request_gets_the_recorded_decision_and_consumes_nothing(decider: "Running") -> None:
    first, again = (ask(decider, request_id="r1") for _ in range(2))
    assert (first.repeated, again.repeated) == (False, True)
    again.repeated = False
    assert again == first
    assert used(decider) == [1, 1]


def test_a_refusal_is_repeated_too_with_its_message(decider: "Running") -> None:
    codes(decider, 2)
    first, again = (ask(decider, request_id="r1") for _ in range(2))
    assert (first.code, first.message) == (again.code, again.message)
    assert (first.decision_id, again.repeated) == (again.decision_id, True)
    long, again = (ask(decider, LONG, request_id="r2", operator_user_id="eve") for _ in range(2))
    assert (long.rule_id, long.decision_id) == (again.rule_id, again.decision_id)


def test_a_decision_is_repeated_after_the_policy_has_changed(decider: "Running") -> None:
    first = ask(decider, request_id="r1")
    decider.use(POLICY.replace("allow: {}", "refuse: {code: 10199}").replace("'\"staff\" in operator.lists'", "'true'"))
    again = ask(decider, request_id="r1")
    assert (again.decision_id, again.policy_revision) == (first.decision_id, first.policy_revision)
    assert ask(decider, request_id="r2").code == 10199


@pytest.mark.parametrize(
    "other", [{"name": "poker"}, {"operator_user_id": "eve"}, {"app_id": 5}, {"request_id": "r2"}, {"signed": True}]
)
def test_another_request_with_the_same_id_is_decided_by_itself(decider: "Running", other: dict[str, object]) -> None:
    first = ask(decider, request_id="r1")
    second = ask(decider, **{"request_id": "r1", **other})
    assert (second.repeated, second.decision_id != first.decision_id) == (False, True)


def test_explain_does_not_make_it_another_request(decider: "Running") -> None:
    first, again = ask(decider, request_id="r1"), ask(decider, request_id="r1", explain=True)
    assert (again.decision_id, again.HasField("trace")) == (first.decision_id, False)


def test_a_dry_run_records_nothing_and_is_given_nothing_recorded(decider: "Running") -> None:
    assert not ask(decider, request_id="r1", dry_run=True).repeated
    assert not ask(decider, request_id="r1").repeated
    assert not ask(decider, request_id="r1", dry_run=True).repeated


def test_a_request_without_an_id_is_never_a_repeated_one(decider: "Running") -> None:
    assert [ask(decider).repeated for _ in range(2)] == [False, False]


def test_a_decision_that_asks_no_limit_is_repeated_too(decider: "Running") -> None:
    first, again = (ask(decider, request_id="r1", operator_user_id="leckie") for _ in range(2))
    assert (again.decision_id, again.repeated) == (first.decision_id, True)


def test_a_document_without_limits_asks_no_store(decider: "Running", store: Moody) -> None:
    decider.use("version: 1\n")
    assert codes(decider, 3, request_id="r1") == [0, 0, 0]
    assert store.calls == 0


def test_a_record_in_an_unknown_form_fails_the_decision_and_consumes_nothing(decider: "Running", store: Moody) -> None:
    ask(decider, request_id="r1")
    records = store.store._receipts
    records.update({key: (expires, b"{}", settlement) for key, (expires, _, settlement) in records.items()})
    code, detail = status_of(lambda: ask(decider, request_id="r1"))
    assert (code, "recorded in a form that is not known here" in detail) == (grpc.StatusCode.UNAVAILABLE, True)
    assert used(decider) == [1, 1]


def test_a_candidate_alone_that_has_limits_is_no_burden_while_the_store_hangs(decider: "Running", store: Moody) -> None:
    decider.candidate.use(load_policy(write_policy(decider.folder, POLICY)), datetime.now().astimezone())
    decider.use("version: 1\n")
    store.broken = True
    answers = [ask(decider) for _ in range(5)]
    assert [answer.code for answer in answers] == [0] * 5
    assert store.calls == 1, "a store in trouble is not asked for what is not needed"


def test_the_journal_has_the_usage_and_marks_what_is_repeated(decider: "Running") -> None:
    ask(decider, request_id="r1")
    ask(decider, request_id="r1")
    outcomes = [entry.outcome for entry in decider.journal.entries]
    assert [(outcome.repeated, outcome.limits[0].used) for outcome in outcomes] == [(False, 1), (True, 1)]


SHADOW = POLICY.replace("id: two-an-hour", "id: two-an-hour\n    shadow: true")


def test_a_limit_in_shadow_reports_and_refuses_nobody(decider: "Running") -> None:
    decider.use(SHADOW)
    answers = [ask(decider) for _ in range(4)]
    assert [answer.code for answer in answers] == [0, 0, 0, 0]
    assert [[each.code for each in answer.shadow] for answer in answers] == [[], [], [10103], [10103]]
    assert answers[3].shadow[0].message == "2 in 1h: come back in 1h."
    assert [(each.shadow, each.used) for each in answers[3].limits] == [(True, 2), (False, 4)]


def test_a_limit_in_shadow_consumes_nothing_of_the_one_enforced(decider: "Running") -> None:
    decider.use(SHADOW)
    codes(decider, 2)
    decider.use(POLICY)
    assert used(decider)[0] == 0


def test_a_candidate_policy_counts_apart(decider: "Running") -> None:
    decider.candidate.use(
        load_policy(write_policy(decider.folder, POLICY.replace("count: 2", "count: 1"))), datetime.now().astimezone()
    )
    answers = [ask(decider) for _ in range(3)]
    assert [answer.code for answer in answers] == [0, 0, 10103]
    assert [[each.message for each in answer.shadow] for answer in answers] == [
        [],
        ["1 in 1h: come back in 1h."],
        ["1 in 1h: come back in 1h."],
    ]


def status_of(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), caught.value.details()


def test_without_a_store_the_decision_fails(decider: "Running", store: Moody) -> None:
    store.broken = True
    code, detail = status_of(lambda: ask(decider))
    assert code is grpc.StatusCode.UNAVAILABLE
    assert detail == 'rule "two-an-hour": the limit could not be looked up: the disk is full'
    assert decider.registry.get_sample_value("decider_undecided_total", {"cause": "limits_unavailable"}) == 1


def test_without_a_store_a_request_that_is_refused_anyway_is_refused(decider: "Running", store: Moody) -> None:
    store.broken = True
    answer = ask(decider, LONG, explain=True, request_id="r1")
    assert (answer.code, [each.error for each in answer.limits]) == (10102, ["the disk is full"] * 2)
    assert [rule.outcome for rule in answer.trace.rules][1:3] == [trace_pb2.RULE_OUTCOME_SKIPPED] * 2


def test_without_a_store_a_request_that_no_limit_concerns_is_decided(decider: "Running", store: Moody) -> None:
    store.broken = True
    assert codes(decider, 5, operator_user_id="leckie", request_id="r1") == [0] * 5
    assert store.calls == 1, "a store in trouble is not asked for what is not needed"


def test_a_rule_may_be_passed_over_without_a_store_and_that_is_counted(decider: "Running", store: Moody) -> None:
    decider.use(POLICY.replace("key:", "on_store_failure: skip, key:"))
    store.broken = True
    answer = ask(decider)
    assert (answer.verdict, answer.limits[0].error) == (policy_pb2.VERDICT_ALLOW, "the disk is full")
    labels = {"app": "other", "rule": "two-an-hour", "outcome": "unknown"}
    assert decider.registry.get_sample_value("decider_limit_lookups_total", labels) == 1


def test_a_limit_in_shadow_that_cannot_be_looked_up_changes_no_verdict(decider: "Running", store: Moody) -> None:
    policy = SHADOW.replace("key: '\"all\"'", "on_store_failure: skip, key: '\"all\"'")
    decider.use(policy)
    store.broken = True
    answer = ask(decider)
    assert answer.verdict == policy_pb2.VERDICT_ALLOW
    assert [(each.rule_id, each.error) for each in answer.shadow] == [("two-an-hour", "the disk is full")]


def test_a_key_that_cannot_be_evaluated_fails_the_decision(decider: "Running") -> None:
    decider.use(POLICY.replace("key: request.operator_user_id", "key: 'request.attributes[\"team\"]'"))
    code, detail = status_of(lambda: ask(decider))
    assert (code, 'rule "two-an-hour" could not be evaluated' in detail) == (grpc.StatusCode.INTERNAL, True)
    assert ask(decider, attributes={"team": "red"}).code == 0
