"""Signatures, checked against the vendor's vector and a clock that stands still."""

import pytest

from adapter.errors import Rejected
from adapter.signature import Signatures, sign

TOKEN, TIME = "xxxxyyyy", "1669872112"
DIGEST = "17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061"


def at(now, max_age=60):
    return Signatures(max_age, lambda: now)


def test_the_vendors_vector_verifies():
    assert sign(TOKEN, TIME) == DIGEST
    assert at(1669872112).verify([TOKEN], DIGEST, TIME)


@pytest.mark.parametrize("now", [1669872052, 1669872112, 1669872172])
def test_a_signature_holds_up_to_its_age_either_way(now):
    assert at(now).verify(["old", TOKEN], DIGEST, TIME)


@pytest.mark.parametrize("now", [1669872051.9, 1669872172.1])
def test_a_stale_signature_is_refused(now):
    with pytest.raises(Rejected, match="stale_signature"):
        at(now).verify([TOKEN], DIGEST, TIME)


@pytest.mark.parametrize(
    "request_time", ["", " 1669872112", "+1669872112", "-1", "1e9", "1669872112\n", "١٢", "9" * 13]
)
def test_a_request_time_that_is_no_unix_time_is_refused(request_time):
    with pytest.raises(Rejected):
        at(1669872112).verify([TOKEN], sign(TOKEN, request_time), request_time)


@pytest.mark.parametrize("given", [DIGEST.upper(), DIGEST[:-1], DIGEST + "0", f" {DIGEST}", "ünïcode"])
def test_only_lower_case_hex_of_full_length_is_a_signature(given):
    with pytest.raises(Rejected, match="wrong_signature"):
        at(1669872112).verify([TOKEN], given, TIME)


def test_an_app_without_tokens_is_unsigned_whatever_it_carries():
    assert not at(1669872112).verify([], DIGEST, TIME)


def test_a_token_may_hold_any_character():
    assert at(5).verify(["密钥"], sign("密钥", "5"), "5")
