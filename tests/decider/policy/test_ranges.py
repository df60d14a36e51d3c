"""What values the contract allows: held to what it says and to what the facts come out as."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import request

from decider.policy import names
from decider.policy.expression import Language, Variables
from decider.policy.formula import can_hold, formula
from decider.policy.ranges import Ranges
from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb
from decider.v1 import facts_pb2
from decider.validation import validate

LANGUAGE = Language()

# A condition, a request at the edge of the contract of which it is true, and one just past the edge.
EDGES = {
    "size(request.topic_name) == 1": (request("x"), request("")),
    "size(request.topic_name) == 1000": (request("x" * 1000), request("x" * 1001)),
    "size(request.operator_user_id) == 1": (request(operator_user_id="x"), request(operator_user_id="")),
    "size(request.operator_user_id) == 128": (request(operator_user_id="x" * 128), request(operator_user_id="x" * 129)),
    "size(request.group_type) == 64": (request(group_type="x" * 64), request(group_type="x" * 65)),
    "size(request.client_ip) == 45": (
        request(client_ip="0000:0000:0000:0000:0000:ffff:192.168.100.228"),
        request(client_ip="00000:0000:0000:0000:0000:ffff:192.168.100.228"),
    ),
    "size(request.request_id) == 128": (request(request_id="x" * 128), request(request_id="x" * 129)),
    "size(request.attributes) == 64": (
        request(attributes={f"a{number}": "" for number in range(64)}),
        request(attributes={f"a{number}": "" for number in range(65)}),
    ),
    "request.app_id == 1": (request(app_id=1), request(app_id=0)),
}


EVERY_APP = Ranges((), frozenset())


def possible(text: str, ranges: Ranges = EVERY_APP) -> bool:
    return can_hold(formula(LANGUAGE.compile(text).syntax()), ranges.values)


@pytest.mark.parametrize(("text", "edge", "past"), [(text, *both) for text, both in EDGES.items()], ids=EDGES.keys())
def test_what_the_contract_just_allows_is_possible_and_what_it_does_not_is_not(
    text: str, edge: pb.DecideTopicCreationRequest, past: pb.DecideTopicCreationRequest
) -> None:
    validate(edge)
    with pytest.raises(Undecided):
        validate(past)
    assert possible(text)
    term, number = text.split(" == ")
    beyond = f"{term} < {number}" if number == "1" else f"{term} > {number}"
    assert not possible(beyond)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("request.app_id == 5", True),
        ("request.app_id == 6", False),
        ("request.app_id in [4, 6]", False),
        ("request.app_id != 5", False),
    ],
)
def test_a_document_for_apps_sees_only_those(text: str, expected: bool) -> None:
    assert possible(text, Ranges((5,), frozenset({4, 6}))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("request.app_id == 1", False),
        ("request.app_id < 4", False),
        ("request.app_id < 5", True),
        ("request.app_id != 5", True),
    ],
)
def test_the_default_document_sees_the_apps_without_one_of_their_own(text: str, expected: bool) -> None:
    assert possible(text, Ranges((), frozenset({1, 2, 3, 5, 6}))) is expected


@settings(deadline=None)
@given(st.text(min_size=1, max_size=1000))
def test_the_facts_of_every_name_are_within_their_ranges(name: str) -> None:
    assert 1 <= names.length(name) <= 1000
    folded = names.fold(name).text
    assert len(folded) <= 18 * len(name)
    assert not any("A" <= char <= "Z" for char in folded)
    assert possible(f"name.length == {names.length(name)}")
    for script in names.scripts(name):
        assert possible(f'"{script}" in name.scripts')


PARTS = {
    "Month": (0, 11),
    "Date": (1, 31),
    "DayOfMonth": (0, 30),
    "DayOfWeek": (0, 6),
    "DayOfYear": (0, 365),
    "Hours": (0, 23),
    "Minutes": (0, 59),
    "Seconds": (0, 59),
    "Milliseconds": (0, 999),
}
ZONES = ["", '"Asia/Shanghai"', '"America/St_Johns"', '"-12:00"', '"+14:00"']
WITHIN = [
    LANGUAGE.compile(f"now.get{part}({zone}) >= {low} && now.get{part}({zone}) <= {high}")
    for part, (low, high) in PARTS.items()
    for zone in ZONES
]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("zone", ZONES[:2])
def test_a_part_of_a_time_has_its_first_and_last_value_and_none_beyond(part: str, zone: str) -> None:
    low, high = PARTS[part]
    term = f"now.get{part}({zone})"
    assert possible(f"{term} == {low}")
    assert possible(f"{term} == {high}")
    assert not possible(f"{term} < {low} || {term} > {high}")


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_no_time_has_a_part_beyond_its_range(now: datetime) -> None:
    none = facts_pb2.OperatorFacts(), facts_pb2.NameFacts(), facts_pb2.ClientFacts()
    activation = LANGUAGE.bind(Variables(request(), *none, now))
    assert all(condition.holds(activation) for condition in WITHIN)
