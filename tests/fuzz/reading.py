"""A second reading of a webhook, strict and independent of the adapter's: what code 0 may be answered to at most."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

COMMAND = "Group.CallbackBeforeCreateTopic"
APP = "1400000000"
NAME = "The one topic that may be"  # the policy allows it and no other

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_START = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20\x7f#]+) HTTP/(1\.[01])")
_HEADER = re.compile(rb"(" + _TOKEN + rb"):([\x20-\x7e\x80-\xff\t]*)")
_CHUNK = re.compile(rb"(?:\r\n)*([0-9A-Fa-f]+)(;[^\r\n]*)?\r\n")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


class Unclear(Exception):
    """There is more than one way to read it, or none."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a connection."""

    method: str
    target: bytes
    body: bytes


def read_requests(data: bytes) -> list[Request]:
    """The requests that stand on a connection whole and in one reading, up to the first that does not."""
    requests = []
    try:
        while data := data.lstrip():
            request, data = _read_request(data)
            requests.append(request)
    except Unclear:
        pass
    return requests


def _read_request(data: bytes) -> tuple[Request, bytes]:
    head, found, rest = data.partition(b"\r\n\r\n")
    start, *lines = head.split(b"\r\n")
    matched = _START.fullmatch(start)
    if not found or not matched:
        raise Unclear
    fields = list(map(_header, lines))
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value.lower() for name, value in fields if name == b"transfer-encoding"]
    if codings:
        if lengths or codings != [b"chunked"] or matched[3] == b"1.0":
            raise Unclear
        body, rest = _read_chunks(rest)
    else:
        body, rest = _read_length(lengths, rest)
    return Request(matched[1].decode(), matched[2], body), rest


def _header(line: bytes) -> tuple[bytes, bytes]:
    matched = _HEADER.fullmatch(line)
    if not matched:
        raise Unclear
    return matched[1].lower(), matched[2].strip(b" \t")


def _read_length(lengths: list[bytes], rest: bytes) -> tuple[bytes, bytes]:
    if not lengths:
        return b"", rest
    if len(lengths) > 1 or not re.fullmatch(rb"[0-9]{1,9}", lengths[0]) or int(lengths[0]) > len(rest):
        raise Unclear
    return rest[: int(lengths[0])], rest[int(lengths[0]) :]


def _read_chunks(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while matched := _CHUNK.match(rest):
        size, rest = int(matched[1], 16), rest[matched.end() :]
        if size == 0:
            _, found, after = (b"\r\n" + rest).partition(b"\r\n\r\n")
            if not found:
                raise Unclear
            return body, after
        if rest[size : size + 2] != b"\r\n":
            raise Unclear
        body, rest = body + rest[:size], rest[size + 2 :]
    raise Unclear


def may_get_0(request: Request) -> bool:
    """Whether code 0 is a right answer: the one allowed name, another command, or the console's check of the URL."""
    path, _, query = _ABSOLUTE.sub(b"", request.target, count=1).partition(b"?")
    try:
        if request.method != "POST" or unquote_to_bytes(path).strip(b"/"):
            return False
        return _judge(dict(read_parameters(query)), request.body)
    except (Unclear, ValueError, RecursionError):
        return False


def _judge(query: Mapping[str, str], body: bytes) -> bool:
    command = query.get("CallbackCommand")
    if command is None:
        return not (_has_command(query) or (body and _has_command(read_object(body))))
    fields = read_object(body)
    if query.get("SdkAppid") != APP or fields.get("CallbackCommand") != command:
        return False
    texts = (fields.get("Operator_Account"), fields.get("Type"))
    return command != COMMAND or (fields.get("Name") == NAME and all(isinstance(text, str) for text in texts))


def _has_command(names: Mapping[str, object]) -> bool:
    return any(name.casefold() == "callbackcommand" for name in names)


def read_parameters(query: bytes) -> Iterator[tuple[str, str]]:
    """The parameters of a query, no name twice in any letter case. Raises Unclear or ValueError."""
    seen = set()
    for part in filter(None, query.split(b"&")):
        name, _, value = (_decode(each) for each in part.partition(b"="))
        if name.casefold() in seen:
            raise Unclear
        seen.add(name.casefold())
        yield name, value


def _decode(text: bytes) -> str:
    if re.search(rb"%(?![0-9A-Fa-f]{2})", text):
        raise Unclear
    return unquote_to_bytes(text.replace(b"+", b" ")).decode()


def read_object(body: bytes) -> Mapping[str, object]:
    """The one JSON object that a body is; its names are text, none twice in any letter case.

    Raises Unclear or ValueError.
    """
    fields = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    if not isinstance(fields, dict):
        raise Unclear
    return fields


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name.casefold() for name, _ in pairs]
    if len(set(names)) < len(names) or re.search("[\0\ud800-\udfff]", "".join(names)):
        raise Unclear
    return dict(pairs)


def _refuse(constant: str) -> object:
    raise Unclear
