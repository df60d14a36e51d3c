"""When certificates end: what both services read in PEM files is what a library for it reads."""

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from certificates import Authority
from cryptography.x509 import load_pem_x509_certificate

import adapter.expiry
import decider.expiry

CA = Authority()
BOTH = pytest.mark.parametrize("expiry", [adapter.expiry, decider.expiry], ids=["adapter", "decider"])


@BOTH
@pytest.mark.parametrize("year", [2001, 2026, 2049, 2050, 2199, 9999])
@pytest.mark.parametrize("names", [(), ("adapter.im.svc",), tuple(f"spiffe://im/{n}" for n in range(2000))], ids=len)
def test_ends_are_read_as_a_library_reads_them(expiry: ModuleType, year: int, names: tuple[str, ...]) -> None:
    life = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC) - datetime.now(UTC)
    pem = CA.issue(*names, life=life).cert
    end = load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()
    assert expiry.ends({"CERT": pem}, "CA") == {"CERT": end}


@BOTH
def test_a_chain_ends_with_its_first_certificate_and_a_file_of_authorities_with_its_last(expiry: ModuleType) -> None:
    short, long = (CA.issue(life=timedelta(days=days)).cert for days in (1, 9))
    first, last = (load_pem_x509_certificate(pem).not_valid_after_utc.timestamp() for pem in (short, long))
    both = b"a comment\n" + long + b"\n" + short
    assert expiry.ends({"CERT": both, "CA": both}, "CA") == {"CERT": first, "CA": last}


@BOTH
def test_a_file_without_a_certificate_has_no_end(expiry: ModuleType) -> None:
    assert expiry.ends({"KEY": CA.issue().key, "NONE": b""}, "CA") == {}
