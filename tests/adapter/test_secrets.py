"""No token, no signature and no query string is ever logged, whatever a webhook comes to, at any level."""

import json
import re

import grpc
import pytest

from adapter.outcome import Reason
from adapter.signature import sign

TOKEN = "the-token-of-this-test"
APPS = json.dumps({"1400000000": {"tokens": [TOKEN], "on_failure": "refuse"}})
# In every query string, so that any part of one that is logged is found.
MARK = "marked-parameter"
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def signed(client, **changes):
    return client.signed(token=TOKEN, **{MARK: MARK} | changes)


def raw(client, start=b"", head=b"", body=b""):
    """Send a request whose query is signed, byte by byte as given, and return when it is answered."""
    query = "&".join(f"{name}={value}" for name, value in signed(client).items()).encode()
    return client.raw(start + b"POST /?" + query + b" HTTP/1.1\r\n" + head + body)


def overuse(client):
    # Of another second than all the others.
    query = signed(client, ago=9)
    return [client.post(query, client.body()) for _ in range(30)]


def invalid(client, decider):
    decider.script(lambda request, context: context.abort(grpc.StatusCode.INVALID_ARGUMENT, "topic_name: too long"))
    return client.post(signed(client), client.body())


KINDS = {
    Reason.MALFORMED_HTTP: lambda client: raw(client, head=b"Content-Length: x\r\n\r\n"),
    Reason.INCOMPLETE_HTTP: lambda client: raw(client, head=b"Host: "),
    Reason.TOO_LARGE: lambda client: client.post(signed(client), b" " * 70_000),
    Reason.MALFORMED_QUERY: lambda client: client.post(signed(client), client.body(), path="/?%zz&"),
    Reason.DUPLICATE_PARAMETER: lambda client: client.post(signed(client, sdkappid="1"), client.body()),
    Reason.UNKNOWN_APP: lambda client: client.post(signed(client, SdkAppid=1), client.body()),
    Reason.MISSING_SIGNATURE: lambda client: client.post(signed(client, RequestTime=None), client.body()),
    Reason.WRONG_SIGNATURE: lambda client: client.post(signed(client, Sign=sign(TOKEN, "1")), client.body()),
    Reason.STALE_SIGNATURE: lambda client: client.post(signed(client, ago=70), client.body()),
    Reason.OVERUSED_SIGNATURE: overuse,
    Reason.COMMAND_MISMATCH: lambda client: client.post(signed(client, CallbackCommand="x"), client.body()),
    Reason.UNREADABLE_BODY: lambda client: client.post(signed(client), b"{" + TOKEN.encode()),
    Reason.WRONG_TYPE: lambda client: client.post(signed(client), client.body(Name=5)),
    Reason.BAD_TEXT: lambda client: client.post(
        signed(client), json.dumps(client.body(Name="\ud800" + TOKEN)).encode()
    ),
    Reason.INVALID_ARGUMENT: invalid,
}


@pytest.fixture
def process(start_process, decider):
    environ = {
        "ADAPTER_APPS": APPS,
        "ADAPTER_LISTEN": "127.0.0.1:0",
        "ADAPTER_DECIDER": decider.target,
        "ADAPTER_SIGNATURE_USES": "20",
        "ADAPTER_BUDGET": "0.5",
        "ADAPTER_LOG_LEVEL": "debug",
    }
    return start_process("serve", environ=environ)


def test_every_reason_is_tried():
    assert set(KINDS) == set(Reason)


def test_no_secret_is_logged_for_any_reason_to_reject(process, decider, until):
    def reasons():
        lines = [json.loads(line) for line in process.lines if line.startswith("{")]
        return {line.get("reason") for line in lines if line["event"] == "answered"}

    for reason, send in KINDS.items():
        client = process.new_client()
        if reason is Reason.INVALID_ARGUMENT:
            send(client, decider)
        else:
            send(client)
        until(lambda reason=reason: reason in reasons())
    decider.stop()
    client = process.new_client()
    client.post(signed(client), client.body())
    process.signal()
    assert process.wait() == 0
    written = "".join(process.lines)
    assert set(Reason) <= reasons()
    for secret in (TOKEN, MARK, "Sign=", "RequestTime", "SdkAppid="):
        assert secret not in written
    assert not SIGNATURE.search(written)
