"""The vendor's answers."""

import pytest

from adapter.outcome import Kind, Outcome
from adapter.vendor.answer import ANSWERS, Answer, answer_to, read_answer, write_answer


@pytest.mark.parametrize("kind", Kind)
def test_every_outcome_gets_an_answer_that_the_vendor_knows(kind):
    answer = answer_to(Outcome(kind, code=10101, message="No."))
    assert read_answer(write_answer(answer)) == answer


@pytest.mark.parametrize("kind", [Kind.REJECTED, Kind.FALLBACK_REFUSED, Kind.REFUSED])
def test_what_refuses_does_not_answer_0(kind):
    assert answer_to(Outcome(kind, code=1)).code != 0


def test_only_a_refusing_verdict_chooses_its_own_answer():
    assert [kind for kind in Kind if ANSWERS[kind] is None] == [Kind.REFUSED]


def test_an_answer_is_written_as_on_the_page():
    assert write_answer(Answer(0)) == b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
    assert write_answer(Answer(10101, "否")) == '{"ActionStatus":"OK","ErrorInfo":"否","ErrorCode":10101}'.encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"<html>",
        b"\xff",
        b"[" * 100_000,
        b'{"ActionStatus":"FAIL","ErrorInfo":"","ErrorCode":0}',
        b'{"ActionStatus":"OK","ErrorCode":0}',
        b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":"0"}',
        b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":true}',
        b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":2}',
        b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":10201}',
    ],
)
def test_what_the_page_does_not_describe_is_no_answer(raw):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words differ from case to case
        read_answer(raw)
