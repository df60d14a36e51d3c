"""Files of topics."""

import pytest

from adapter.errors import BadInput
from adapter.topics import Topic, read_topics

DEFAULT = Topic(name="", operator="leckie", type="Community", platform="Web", client_ip="127.0.0.1")


def read(text, default=DEFAULT):
    return read_topics(text.splitlines(keepends=True), source="t.jsonl", default=default)


def test_a_line_changes_what_it_names_and_blank_lines_nothing():
    full = '{"name":"否","operator":"o","type":"t","platform":"p","client_ip":"c"}'
    assert read(b'\xef\xbb\xbf{"name":"a"}\n\n' + full.encode()) == [
        Topic("a", "leckie", "Community", "Web", "127.0.0.1"),
        Topic("否", "o", "t", "p", "c"),
    ]


def test_a_name_may_be_empty_or_half_a_character_for_it_is_the_receiver_that_is_tested():
    assert [topic.name for topic in read(b'{"name":""}\n{"name":"\\ud800"}')] == ["", "\ud800"]


def test_all_bad_lines_are_told_each_with_its_number():
    lines = [
        b'{"name":"good"}',
        b"{",
        b"[]",
        b"{}",
        b'{"name":5}',
        b'{"name":"a","plattform":"x"}',
        b"\xff",
        b"[" * 100_000,
    ]
    with pytest.raises(BadInput) as caught:
        read(b"\n".join(lines))
    assert list(caught.value.problems) == [
        "t.jsonl:2: is not JSON in UTF-8",
        "t.jsonl:3: is not a JSON object",
        "t.jsonl:4: has no name",
        "t.jsonl:5: name must be text",
        "t.jsonl:6: has fields that are not known: plattform",
        "t.jsonl:7: is not JSON in UTF-8",
        "t.jsonl:8: is not JSON in UTF-8",
    ]


def test_someone_must_ask():
    with pytest.raises(BadInput, match=r"t\.jsonl:1: has no operator, and --operator gives none"):
        read(b'{"name":"a"}', Topic("", "", "Community", "Web", ""))


@pytest.mark.parametrize("text", [b"", b"\n \n"])
def test_a_file_without_topics_is_an_error(text):
    with pytest.raises(BadInput, match=r"t\.jsonl: holds no topic"):
        read(text)
