"""Conditions: what they can read, what does not compile, what has no value."""

import threading
from datetime import UTC, datetime

import pytest
from policies import request

from decider.policy.expression import EvaluationError, ExpressionError, Language, Variables
from decider.v1 import facts_pb2

LANGUAGE = Language()
VARIABLES = Variables(
    request("Casino night", client_ip="10.1.2.3", attributes={"level": "3"}),
    facts_pb2.OperatorFacts(lists=["staff"]),
    facts_pb2.NameFacts(lists=["spam"], length=12, folded="casino night", scripts=["Latin"]),
    facts_pb2.ClientFacts(lists=["office"]),
    datetime(2026, 6, 15, 12, 30, tzinfo=UTC),
)


def holds(text: str) -> bool:
    return LANGUAGE.compile(text).holds(LANGUAGE.bind(VARIABLES))


@pytest.mark.parametrize(
    "text",
    [
        "true",
        'request.topic_name == "Casino night"',
        "request.app_id == 1400000000",
        "request.platform == Platform.PLATFORM_UNSPECIFIED",
        '"staff" in operator.lists && "spam" in name.lists && "office" in client.lists',
        "name.length > 10 && name.length < 13",
        'name.folded.startsWith("casino")',
        'name.scripts == ["Latin"]',
        "!name.mixed_scripts && !name.invisible",
        "now.getHours() == 12",
        'now.getHours("Asia/Shanghai") == 20',
        'now > timestamp("2026-01-01T00:00:00Z")',
        "!has(request.event_time)",
        'request.attributes["level"] == "3"',
        'request.attributes[?"none"].orValue("1") == "1"',
        'int(request.attributes["level"]) >= 3',
        'request.topic_name.lowerAscii().matches("^casino")',
        "math.least(name.length, 3) == 3",
        "cel.bind(n, name.length, n * n == 144)",
    ],
)
def test_a_condition_reads_the_request_and_the_facts(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Syntax error"),
        ("nam.length > 1", "undeclared reference to 'nam.length'"),
        ("request.nam == ''", "undefined field 'nam'"),
        ("name.lenght > 1", "did you mean 'length'?"),
        ("name.length == 'a'", "found no matching overload"),
        ("request.topic_name", "a condition must be true or false, and this is of type string"),
        ("Platform.PLATFORM_RESTAP == 1", "this name is not known"),
        ("foo(1)", "undeclared reference to 'foo'"),
        ("1" + " + 1" * 50 + " == 51", "Exceeded max recursion depth of 32 when parsing."),
    ],
)
def test_what_does_not_fit_does_not_compile(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        LANGUAGE.compile(text)
    assert message in str(caught.value)
    assert "<input>" not in str(caught.value)


@pytest.mark.parametrize("text", ['request.attributes["none"] == ""', "int(request.topic_name) == 1", "1 / 0 == 1"])
def test_an_expression_without_a_value_is_an_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        holds(text)


def test_a_failing_part_that_does_not_matter_is_no_error() -> None:
    assert holds('name.length > 1 || request.attributes["none"] == ""')


def test_one_condition_serves_many_threads() -> None:
    condition, results = LANGUAGE.compile("name.length == 12"), []

    def work() -> None:
        results.append(all(condition.holds(LANGUAGE.bind(VARIABLES)) for _ in range(500)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [True] * 8
