"""The vendor's body; what it turns away is in the table of test_webhook."""

import json

import pytest

from adapter.errors import Rejected
from adapter.vendor.body import read_body, read_event, write_body
from adapter.vendor.query import read_query


def event(**fields):
    sample = {"Operator_Account": "leckie", "Type": "Community", "Name": "MyFirstTopic"}
    return read_event(read_query(""), read_body(json.dumps(sample | fields).encode()))


@pytest.mark.parametrize("given", [1669872112345, "1669872112345"])
def test_a_time_may_be_a_number_or_its_digits(given):
    assert event(EventTime=given).time_ms == 1669872112345


def test_the_time_may_be_absent():
    assert event().time_ms is None


@pytest.mark.parametrize("given", [None, "", "1.5", "-1", "١٢", [1], 253_402_300_800_000])
def test_a_time_that_is_none_is_rejected(given):
    with pytest.raises(Rejected, match="wrong_type"):
        event(EventTime=given)


@pytest.mark.parametrize("name", ["", " ", "😀", "\u202e", "\U0010ffff", "\uffff"])
def test_any_unicode_text_is_passed_on_as_it_is(name):
    assert event(Name=name).name == name


TWO_READINGS = [
    r'{"Name":"a","Name":"b"}',
    r'{"Name":"a","N\u0061me":"b"}',
    r'{"Name":"a","name":"b"}',
    r'{"CallbackCommand":"a","callbac\u212aCommand":"b"}',
    r'{"Extra":{"a":1,"A":2}}',
    r'{"Name\u0000":"a"}',
    r'{"Name\ud800":"a"}',
    r'{"Extra":1e999}',
    r'{"Extra":[-1e999]}',
    r'{"Extra":NaN}',
    '\ufeff{"Name":"a"}',
    '{"Name":"a"}}',
    '{"Name":"a"}{"Name":"b"}',
]


@pytest.mark.parametrize("text", TWO_READINGS)
def test_what_others_could_read_otherwise_is_rejected(text):
    with pytest.raises(Rejected, match="unreadable_body"):
        read_body(text.encode())


def test_what_is_written_is_the_pages_sample():
    raw = write_body(
        command="Group.CallbackBeforeCreateTopic", operator="leckie", group_type="Community", name="\ud800"
    )
    assert json.loads(raw) == {
        "CallbackCommand": "Group.CallbackBeforeCreateTopic",
        "Operator_Account": "leckie",
        "Type": "Community",
        "Name": "\ud800",
    }
