"""Rules with a limit as policies write them: what is understood, and what is told of mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import NOON, request, write_policy

from decider.policy.engine import decide
from decider.policy.limit import Unused
from decider.policy.loader import load_policy
from decider.policy.problem import PolicyError
from decider.policy.span import in_short, parse_span


def policy(limit: str, rest: str = "refuse: {}") -> str:
    return f"version: 1\nrules:\n  - id: few\n    limit: {limit}\n    {rest}\n"


@pytest.mark.parametrize(
    ("limit", "rest", "problem"),
    [
        ("{count: 0, per: 1d, key: '\"a\"'}", "refuse: {}", "policy.yaml:4:20: "),
        ("{count: 10001, per: 1d, key: '\"a\"'}", "refuse: {}", "policy.yaml:4:20: "),
        ("{count: some, per: 1d, key: '\"a\"'}", "refuse: {}", "`count` must be a whole number"),
        ("{count: 1, per: 1y, key: '\"a\"'}", "refuse: {}", "policy.yaml:4:28: rule \"few\": '1y' is not a span"),
        ("{count: 1, per: 0s, key: '\"a\"'}", "refuse: {}", "must be 1s to 366d, and this is 0s"),
        ("{count: 1, per: 367d, key: '\"a\"'}", "refuse: {}", "must be 1s to 366d, and this is 367d"),
        ("{count: 1, per: 1d}", "refuse: {}", 'rule "few": `key` is missing'),
        ("{count: 1, per: 1d, key: []}", "refuse: {}", "`key` must not be empty"),
        (
            "{count: 1, per: 1d, key: name.length}",
            "refuse: {}",
            "a key must be text or a list of texts, and this is of type int",
        ),
        ("{count: 1, per: 1d, key: [now]}", "refuse: {}", "a key must be text or a list of texts"),
        ("{count: 1, per: 1d, key: [request.app, name.nom]}", "refuse: {}", "policy.yaml:4:45: "),
        ("{count: 1, per: 1d, key: 'string(\"vip\" in operator.lists)'}", "refuse: {}", 'there is no list "vip"'),
        ("{count: 1, per: , key: '\"a\"'}", "refuse: {}", "'empty' is not a span of time"),
        ("", "refuse: {}", 'rule "few": there is nothing after the key'),
        ("{count: 1, per: 1d, key: '\"a\"', burst: 3}", "refuse: {}", "the key `burst` is not known here"),
        ("{count: 1, per: 1d, key: '\"a\"', on_store_failure: allow}", "refuse: {}", "`on_store_failure` must be"),
        ("{count: 1, per: 1d, key: '\"a\"'}", "allow: {}", "a rule with `limit` must have `refuse`"),
        (
            "{count: 1, per: 1d, key: '\"a\"'}",
            'refuse: {message: "wait {seconds}"}',
            'policy.yaml:5:23: rule "few": {seconds} in the message stands for nothing; known are {count}, {per}',
        ),
        (
            "{count: 1, per: 8759h, key: '\"a\"'}",
            f"refuse: {{message: '{'{per}' * 190}'}}",
            "`message` must have at most 1000 characters when it is filled in",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, limit: str, rest: str, problem: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write_policy(tmp_path, policy(limit, rest)))
    assert problem in str(caught.value)


def test_mistakes_in_keys_are_told_with_all_others(tmp_path: Path) -> None:
    text = policy("{count: 1, per: 1d, key: [request.app, name.nom]}") + "    whem: 'true'\n"
    with pytest.raises(PolicyError) as caught:
        load_policy(write_policy(tmp_path, text))
    assert [(each.line, each.column) for each in caught.value.problems] == [(4, 45), (4, 55), (6, 5)]


def test_a_bad_count_hides_no_mistake_in_a_key(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write_policy(tmp_path, policy("{count: 0, per: 9x, key: request.nope}")))
    count, per, key = map(str, caught.value.problems)
    assert "`count` must be at least 1, and this is '0'" in count
    assert "'9x' is not a span of time" in per
    assert "undefined field 'nope'" in key


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("request.operator_user_id", ["someone"]),
        ("[request.operator_user_id, request.client_ip]", ["someone", "10.0.0.1"]),
        ("'[request.operator_user_id, \"x\"]'", ["someone", "x"]),
        ("['string(request.app_id)', operator.lists]", ["1400000000"]),
        ("'\"all\"'", ["all"]),
    ],
)
def test_a_key_is_one_text_or_several(tmp_path: Path, key: str, expected: list[str]) -> None:
    loaded = load_policy(write_policy(tmp_path, policy(f"{{count: 1, per: 1d, key: {key}}}")))
    decision = decide(loaded, request(client_ip="10.0.0.1"), NOON)
    assert list(decision.evaluation.claims[0].key) == expected


def test_a_limit_asks_only_where_its_condition_holds(tmp_path: Path) -> None:
    text = policy("{count: 1, per: 1d, key: '\"a\"'}", "refuse: {code: 10103}\n    when: name.length > 10")
    loaded = load_policy(write_policy(tmp_path, text))
    used_up = Unused({"few": 1})
    assert decide(loaded, request("chess"), NOON, used_up).conclusion.effect.allowed
    assert decide(loaded, request("chess and go"), NOON, used_up).conclusion.effect.code == 10103


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("30s", 30), ("10m", 600), ("1h", 3600), ("1d", 86400), ("2w", 1209600)]
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_span(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "s", "1.5h", "-1s", "1 d", "1D", "\u0661s", "1h30m", "9999999999s"])
def test_what_is_no_span_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span of time such as"):
        parse_span(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1s"),
        (0.2, "1s"),
        (59, "59s"),
        (59.5, "1m"),
        (61, "1m 1s"),
        (86395, "1d"),
        (604799, "7d"),
        (3599.5, "1h"),
        (3601, "1h 1m"),
        (86400, "1d"),
        (86401, "1d 1h"),
        (604800, "7d"),
    ],
)
def test_a_span_is_shown_in_two_units_rounded_up(seconds: float, text: str) -> None:
    assert in_short(seconds) == text


@given(st.floats(0, 366 * 86400))
def test_nobody_is_told_to_come_back_too_early(seconds: float) -> None:
    sizes = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    shown = sum(int(part[:-1]) * sizes[part[-1]] for part in in_short(seconds).split())
    assert seconds <= shown <= max(1, seconds * 1.05 + 1)
