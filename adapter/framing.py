"""The head of a request, held to the one form that every server and proxy reads alike."""

import re
from typing import Final

# Source: RFC 9112, sections 3, 5 and 6; what it leaves to the reader is turned away here. The target: no control
# characters and no fragment, for of those Python's urlsplit silently drops some. The version: waitress overlooks
# Transfer-Encoding in all but 1.1, and the body would be taken for the next request.
_START: Final = re.compile(
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ (?:\*|(?:/|(?i:https?)://)[^\x00-\x20\x7f#]*) HTTP/1\.(?P<minor>[01])"
)
_BLANKS: Final = b" \t"


def read_head(head: bytes) -> bytes:
    """Return a head, start line and fields, without the blanks around the fields' values.

    The blanks go because waitress' own pattern takes time by the square of their number, and all connections wait
    for it: half a minute for a field of 64 KiB. Raises ValueError for a head that could be read in two ways.
    """
    start, *lines = head.split(b"\r\n")
    found = _START.fullmatch(start)
    if not found:
        raise ValueError("malformed start line")
    fields = [_field(line) for line in lines if line]
    _check_framing(fields, chunks=found["minor"] == b"1")
    return b"".join(line + b"\r\n" for line in [start, *map(b":".join, fields)])


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    # A line that begins with a blank once went on with the one before.
    if not colon or line[0] in _BLANKS:
        raise ValueError("malformed header")
    return name, value.strip(_BLANKS)


def _check_framing(fields: list[tuple[bytes, bytes]], *, chunks: bool) -> None:
    codings = [value.lower() for name, value in fields if name.lower() == b"transfer-encoding"]
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    # Where two readers differ on which of these counts, one of them finds a second request inside the first.
    if codings and (lengths or not chunks or codings != [b"chunked"]):
        raise ValueError("more than one length, or none that is known")
