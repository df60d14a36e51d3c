"""When certificates end, as their PEM files say. Python tells that of a peer's certificates only."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

SOON: Final = 14 * 86_400.0
"""Seconds; those who renew by a machine do so earlier, and people need a few days."""

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
# Of DER: RFC 5280, 4.1, and X.690, 8.1.
_VERSION: Final = 0xA0
_VALIDITY: Final = 3  # its place among a certificate's fields, the version left out
_UTC_TIME: Final = 0x17


def ends(contents: Mapping[str, bytes], authorities: str) -> Mapping[str, float]:
    """The Unix time after which each of some files is of no use, by name; without those that hold no certificate.

    A certificate is of no use without any of its chain; of the CAs under the name `authorities`, one is enough.
    """
    found = {name: [*_times(pem)] for name, pem in contents.items()}
    return {name: (max if name == authorities else min)(times) for name, times in found.items() if times}


def _times(pem: bytes) -> Iterator[float]:
    for encoded in _PEM.findall(pem):
        yield _end(b64decode(encoded))


def _end(der: bytes) -> float:
    (_, certificate), *_ = _elements(der)
    (_, signed), *_ = _elements(certificate)
    fields = [content for tag, content in _elements(signed) if tag != _VERSION]
    _, (tag, not_after) = _elements(fields[_VALIDITY])
    text = not_after.decode()
    if tag == _UTC_TIME:  # with two digits for the year
        text = ("19" if text >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and the content of each element in a row of them."""
    while der:
        tag, size, at = der[0], der[1], 2
        if size & 0x80:
            at += size & 0x7F
            size = int.from_bytes(der[2:at])
        yield tag, der[at : at + size]
        der = der[at + size :]
