"""Ordered rules, the first match wins, then the default."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from policies import NOON, decide_by, request

from decider.policy.outcomes import Outcome, outcomes
from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb

RULES = """\
version: 1
lists:
  staff: {kind: ids, entries: [leckie, "mod_*"]}
  office: {kind: networks, entries: [10.0.0.0/8]}
  spam: {kind: words, entries: [casino]}
rules:
  - id: app-server
    when: request.platform == Platform.PLATFORM_RESTAPI && request.signed
    allow: {}
  - id: staff
    when: '"staff" in operator.lists'
    allow: {}
  - id: watched
    shadow: true
    when: name.length > 5
    refuse: {code: 10110, message: watched}
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "That name is not allowed."}
  - id: office
    when: '"office" in client.lists'
    allow: {}
  - id: too-long
    when: name.length > 50
    refuse: {code: 10102}
  - id: level
    when: 'has(request.attributes.level) && request.attributes["level"] == "0"'
    refuse: {}
  - id: night
    when: now.getHours("Asia/Shanghai") < 6
    refuse: {code: 10200}
"""


@pytest.mark.parametrize(
    ("asked", "rule", "code"),
    [
        (request(), "", 0),
        (request("casino"), "spam-name", 10101),
        (request("casino", operator_user_id="leckie"), "staff", 0),
        (request("casino", operator_user_id="mod_7"), "staff", 0),
        (request("casino", platform=pb.PLATFORM_RESTAPI, signed=True), "app-server", 0),
        (request("casino", platform=pb.PLATFORM_RESTAPI), "spam-name", 10101),
        (request("x" * 51), "too-long", 10102),
        (request("x" * 50), "", 0),
        (request("x" * 51, client_ip="10.9.9.9"), "office", 0),
        (request(attributes={"level": "0"}), "level", 1),
        (request(attributes={"level": "1"}), "", 0),
        (request(platform=77), "", 0),
    ],
)
def test_the_first_match_decides(tmp_path: Path, asked: pb.DecideTopicCreationRequest, rule: str, code: int) -> None:
    decision = decide_by(tmp_path, RULES, asked)
    effect = decision.conclusion.effect
    assert decision.conclusion.rule_id == rule
    assert (effect.code, effect.allowed) == (code, code == 0)


def test_now_is_the_time_passed_in(tmp_path: Path) -> None:
    decision = decide_by(tmp_path, RULES, request(), datetime(2026, 6, 15, 17, 0, tzinfo=UTC))
    assert decision.conclusion.effect.code == 10200


def test_a_rule_in_shadow_is_reported_and_decides_nothing(tmp_path: Path) -> None:
    decision = decide_by(tmp_path, RULES, request("casino"))
    assert {found.rule.id: found.outcome for found in outcomes(decision)} == {
        "app-server": Outcome.NOT_MATCHED,
        "staff": Outcome.NOT_MATCHED,
        "watched": Outcome.MATCHED,
        "spam-name": Outcome.MATCHED,
        "office": Outcome.NOT_REACHED,
        "too-long": Outcome.NOT_REACHED,
        "level": Outcome.NOT_REACHED,
        "night": Outcome.NOT_REACHED,
    }
    assert decision.conclusion.effect.code == 10101


FAILING = """\
version: 1
rules:
  - {{id: broken, shadow: {shadow}, when: 'request.attributes["level"] == "0"', refuse: {{}}}}
  - {{id: rest, allow: {{}}}}
"""


def test_an_expression_that_fails_decides_nothing(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match='rule "broken" could not be evaluated: Key not found in map') as caught:
        decide_by(tmp_path, FAILING.format(shadow="false"), request())
    assert (caught.value.cause, caught.value.rule_id) == (Cause.RULE_FAILED, "broken")


def test_an_expression_that_fails_in_shadow_is_reported(tmp_path: Path) -> None:
    decision = decide_by(tmp_path, FAILING.format(shadow="true"), request())
    assert [found.outcome for found in outcomes(decision)] == [Outcome.ERROR, Outcome.MATCHED]
    assert "Key not found" in decision.conclusion.shadow[0].error


@pytest.mark.parametrize(
    ("default", "code"), [("allow", 0), ("refuse", 1), ("{refuse: {code: 10150, message: m}}", 10150)]
)
def test_the_default_decides_when_no_rule_matches(tmp_path: Path, default: str, code: int) -> None:
    decision = decide_by(tmp_path, f"version: 1\ndefault: {default}\n", request())
    assert (decision.conclusion.rule_id, decision.conclusion.effect.code) == ("", code)


def test_the_default_of_a_document_is_to_allow(tmp_path: Path) -> None:
    assert decide_by(tmp_path, "version: 1\n", request()).conclusion.effect.allowed


def test_a_rule_without_condition_always_matches(tmp_path: Path) -> None:
    decision = decide_by(tmp_path, "version: 1\nrules:\n  - id: all\n    refuse:\n", request())
    assert decision.conclusion.effect.code == 1


def test_an_app_that_no_document_is_for_is_an_invalid_request(tmp_path: Path) -> None:
    with pytest.raises(Undecided) as caught:
        decide_by(tmp_path, "version: 1\napps: [7]\n", request(app_id=8))
    assert caught.value.cause is Cause.INVALID_REQUEST
    assert [violation.field for violation in caught.value.violations] == ["app_id"]


def test_the_decision_carries_its_revision_time_and_document(tmp_path: Path) -> None:
    decision = decide_by(tmp_path, "version: 1\n", request())
    course = decision.evaluation.course
    assert (len(course.revision), course.now, course.document) == (16, NOON, "policy.yaml")


# More steps than the runtime takes for one expression, if the name is long.
EXHAUSTING = """\
version: 1
rules:
  - id: trial
    shadow: {shadow}
    when: request.topic_name.split("").all(a, request.topic_name.split("").all(b, a != "#" || b != "#"))
    refuse: {{}}
  - {{id: long, when: name.length > 1, refuse: {{code: 10101}}}}
"""


def test_an_expression_that_exhausts_the_runtime_is_told_by_its_rule(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match='rule "trial" could not be evaluated') as caught:
        decide_by(tmp_path, EXHAUSTING.format(shadow="false"), request("a" * 1000))
    assert caught.value.cause is Cause.RULE_FAILED


def test_an_expression_that_exhausts_the_runtime_in_shadow_changes_no_verdict(tmp_path: Path) -> None:
    for name in ("ab", "a" * 1000):
        decision = decide_by(tmp_path, EXHAUSTING.format(shadow="true"), request(name))
        assert decision.conclusion.effect.code == 10101
    assert [found.effect for found in decision.conclusion.shadow] == [None]
