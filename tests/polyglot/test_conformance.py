"""What a client saw is judged: a lazy or a wrong one is found out."""

from datetime import UTC, datetime, timedelta

from conformance import Case, differences

CASE = Case(
    {"name": "x", "method": "DecideTopicCreation"},
    {
        "status": "OK",
        "response": {"code": 10121, "shadow": [{"code": 1}]},
        "absent": ["trace"],
        "milliseconds": [0, 50],
    },
)
SEEN = {"status": "OK", "response": {"code": 10121, "shadow": [{"code": 1, "rule_id": "a"}]}, "milliseconds": 5}


def test_what_was_expected_may_be_part_of_more() -> None:
    assert differences(CASE, SEEN) == []


def test_every_difference_is_told() -> None:
    assert differences(CASE, {**SEEN, "status": "UNKNOWN"}) == ["status is 'UNKNOWN', not 'OK'"]
    assert differences(CASE, {**SEEN, "response": {"code": 10120, "shadow": [{"code": 2}]}}) == [
        "response.code is 10120, not 10121",
        "response.shadow[0].code is 2, not 1",
    ]
    assert differences(CASE, {**SEEN, "response": {"code": 10121}}) == ["response.shadow is [], not [{'code': 1}]"]
    assert differences(CASE, {**SEEN, "milliseconds": 51}) == ["took 51 ms, not 0 to 50"]
    with_trace = {"code": 10121, "shadow": [{"code": 1}], "trace": {}}
    assert differences(CASE, {**SEEN, "response": with_trace}) == ["response.trace is there"]
    assert len(differences(CASE, {"status": "OK", "milliseconds": 5})) == 2


def test_a_time_is_there_and_near_what_was_expected() -> None:
    case = Case({"name": "x", "method": "GetPolicy"}, {"near": {"load_time": 60}})

    def judged(response: dict[str, str]) -> list[str]:
        return differences(case, {"response": response, "milliseconds": 5})

    now = datetime.now(UTC)
    assert judged({"load_time": (now + timedelta(seconds=60)).isoformat()}) == []
    assert judged({}) == ["response.load_time is not a time"]
    assert "s from what was expected" in judged({"load_time": (now - timedelta(hours=1)).isoformat()})[0]
