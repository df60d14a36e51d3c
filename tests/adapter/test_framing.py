"""Heads that could be read in two ways."""

import time

import pytest

from adapter.framing import read_head

START = b"POST /?a=b HTTP/1.1\r\n"


def test_a_head_is_what_it_was_without_blanks_around_values():
    assert read_head(START + b"Host:  a b \t\r\nX:\r\n\r\n") == START + b"Host:a b\r\nX:\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"OPTIONS * HTTP/1.1",
        b"POST http://a/ HTTP/1.0",
        b"POST HTTPS://a HTTP/1.1",
        b"post / HTTP/1.1",
        b"POST /\xc3 HTTP/1.1",
    ],
)
def test_the_forms_of_a_start_line(start):
    assert read_head(start + b"\r\n") == start + b"\r\n"


@pytest.mark.parametrize(
    "start",
    [b"", b"POST /", b"POST / HTTP/0.9", b"POST / HTTP/1.2", b"POST / HTTP/2.0", b"POST  / HTTP/1.1",
     b"POST / HTTP/1.1 ", b"POST /a\tb HTTP/1.1", b"POST /\0 HTTP/1.1",
     b"POST /#a HTTP/1.1", b"POST x:/ HTTP/1.1", b"POST a HTTP/1.1"],
)  # fmt: skip
def test_start_lines_that_not_everyone_reads_alike(start):
    with pytest.raises(ValueError, match="start line"):
        read_head(start + b"\r\n")


@pytest.mark.parametrize("line", [b" X: y", b"\tX: y", b"X"])
def test_lines_that_are_no_field(line):
    with pytest.raises(ValueError, match="header"):
        read_head(START + b"Host: a\r\n" + line + b"\r\n")


@pytest.mark.parametrize(
    "fields",
    [
        [b"Transfer-Encoding: chunked", b"Content-Length: 1"],
        [b"Content-Length: 1", b"TRANSFER-ENCODING: chunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked, chunked"],
        [b"Transfer-Encoding: ,chunked"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: identity"],
        [b"Transfer-Encoding:"],
    ],
)
def test_lengths_that_contradict_each_other(fields):
    with pytest.raises(ValueError, match="length"):
        read_head(START + b"\r\n".join(fields) + b"\r\n")


def test_chunks_are_of_version_1_1():
    assert read_head(START + b"Transfer-Encoding: Chunked\r\n") == START + b"Transfer-Encoding:Chunked\r\n"
    with pytest.raises(ValueError, match="length"):
        read_head(START.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n")


def test_time_grows_with_the_head_and_not_with_its_square():
    began = time.monotonic()
    for value in (b" " * 64_000 + b"\1", b" " * 64_000 + b"x" + b"\t" * 64_000, b"x " * 32_000):
        read_head(START + b"X:" + value + b"\r\n")
    assert time.monotonic() - began < 1
