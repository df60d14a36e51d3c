"""Addresses to listen on."""

import contextlib

import pytest

from adapter.address import Address, bind, bound_address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:0", Address("::1", 0)),
        ("localhost:65535", Address("localhost", 65535)),
    ],
)
def test_an_address_reads_as_it_is_written(text, address):
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "host", "host:", "::1:80", "[::1]", "a:65536", "a b:1", "http://a:1"]
)
def test_what_is_no_address_is_said_to_be_none(text):
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_free_port_is_found_and_told(host):
    with contextlib.closing(bind(Address(host, 0))) as bound:
        assert bound_address(bound).port > 0


def test_a_taken_port_is_an_error():
    with contextlib.closing(bind(Address("127.0.0.1", 0))) as bound, pytest.raises(OSError, match="in use"):
        bind(bound_address(bound))
