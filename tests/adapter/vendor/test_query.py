"""The vendor's query."""

import pytest

from adapter.errors import Rejected
from adapter.event import Platform
from adapter.vendor.query import COMMAND, Query, platform_of, read_query, write_query

SAMPLE = (
    "SdkAppid=1400000000&CallbackCommand=Group.CallbackBeforeCreateTopic&contenttype=json"
    "&ClientIP=127.0.0.1&OptPlatform=Web"
)
SIGNATURE = "&Sign=abc&RequestTime=1669872112"


def test_the_pages_sample_is_read():
    assert read_query(SAMPLE) == Query(COMMAND, "1400000000", "127.0.0.1", "Web")
    assert read_query(SAMPLE + SIGNATURE) == Query(COMMAND, "1400000000", "127.0.0.1", "Web", "abc", "1669872112")


@pytest.mark.parametrize("query", [SAMPLE, SAMPLE + SIGNATURE])
def test_what_is_read_is_written_as_it_was(query):
    assert write_query(read_query(query)) == query


@pytest.mark.parametrize("query", ["", "&", "flag", "&&", "contenttype", "a=b=c"])
def test_without_a_command_there_is_none(query):
    assert read_query(query).command is None


def test_an_empty_command_is_one():
    assert read_query("CallbackCommand=").command == ""


@pytest.mark.parametrize("raw", ["ClientIP=%C3%BC", "ClientIP=\xc3\xbc"])
def test_text_is_utf_8_escaped_or_not(raw):
    assert read_query(raw).client_ip == "ü"


@pytest.mark.parametrize("raw", ["a=%g0", "a=%1", "%=a", "a=%fe", "a=\xff", "a=%c3\xff"])
def test_broken_escapes_and_utf_8_are_rejected(raw):
    with pytest.raises(Rejected, match="malformed_query"):
        read_query(raw)


@pytest.mark.parametrize("raw", ["a=1&a=1", "a=1&A=2", "Sign=1&si%67n=2", "ß=1&SS=1".encode().decode("latin-1")])
def test_a_name_stands_once_in_any_case(raw):
    with pytest.raises(Rejected, match="duplicate_parameter"):
        read_query(raw)


@pytest.mark.parametrize("name", ["callbackcommand", "CALLBACKCOMMAND", "Callbac%E2%84%AACommand"])
def test_a_command_under_another_name_is_none_and_is_rejected(name):
    with pytest.raises(Rejected, match="command_mismatch"):
        read_query(f"SdkAppid=1&{name}={COMMAND}")


@pytest.mark.parametrize(
    ("words", "platform"),
    [
        (["RESTAPI", "RestApi"], Platform.RESTAPI),
        (["Web", "WEB"], Platform.WEB),
        (["Android"], Platform.ANDROID),
        (["iOS", "IOS"], Platform.IOS),
        (["Windows"], Platform.WINDOWS),
        (["macOS", "Mac"], Platform.MACOS),
        (["iPad", "IPad"], Platform.IPAD),
        (["Unknown", "Unkown", "Plan 9", "0"], Platform.UNKNOWN),
        ([""], Platform.UNSPECIFIED),
    ],
)
def test_each_spelling_names_its_platform(words, platform):
    assert {platform_of(word) for word in words} == {platform}
