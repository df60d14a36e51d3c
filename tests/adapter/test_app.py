"""The application around the webhook: whatever is thrown at it, the vendor gets its JSON."""

import json
from http import HTTPStatus
from urllib.parse import quote, urlencode

from falcon.testing import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from adapter.app import create_app
from adapter.metrics import Metrics

UNAVAILABLE = (
    b'{"ActionStatus":"OK","ErrorInfo":"Topics cannot be created at the moment. Please try again later.","ErrorCode":1}'
)
COMMAND = "Group.CallbackBeforeCreateTopic"

NAMES = st.sampled_from(
    ["SdkAppid", "CallbackCommand", "contenttype", "ClientIP", "OptPlatform", "Sign", "RequestTime"]
)
VALUES = st.one_of(
    st.sampled_from([COMMAND, "1400000000", "1400000001", "Web", "127.0.0.1", "json", "0" * 64]),
    st.text(max_size=20),
)
PAIRS = st.lists(st.tuples(st.one_of(NAMES, st.text(max_size=5)), VALUES), max_size=9)
WELL_FORMED = PAIRS.map(lambda pairs: urlencode(pairs, quote_via=lambda text, *_: quote(text, safe="")).encode())
# All but the bytes that end the line, and so the query.
RAW = st.binary(max_size=60).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
SAMPLE = st.just(f"SdkAppid=1400000001&CallbackCommand={COMMAND}".encode())

FIELDS = st.sampled_from(["CallbackCommand", "Operator_Account", "Type", "Name", "EventTime"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10) | st.just(COMMAND),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(max_size=4), inner, max_size=6),
    max_leaves=12,
)
HALF_RIGHT = st.fixed_dictionaries(
    {"CallbackCommand": st.just(COMMAND), "Operator_Account": JSON, "Type": JSON, "Name": JSON},
    optional={"EventTime": JSON},
)
BODIES = st.one_of(st.binary(max_size=200), (JSON | HALF_RIGHT).map(lambda value: json.dumps(value).encode()))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.one_of(WELL_FORMED, RAW, SAMPLE), body=BODIES)
def test_no_query_and_no_body_gets_anything_but_the_vendors_json(adapter, query, body):
    head = b"POST /?%s HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (query, len(body))
    head, _, answer = adapter.raw(head + body).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0].split(b" ", 1)[1] == b"200 OK"
    assert b"Content-Type: application/json" in head
    fields = json.loads(answer)
    assert list(fields) == ["ActionStatus", "ErrorInfo", "ErrorCode"]
    assert fields["ActionStatus"] == "OK"
    assert fields["ErrorCode"] in (0, 1)


class Log:
    """Keeps the errors that it is given."""

    def __init__(self):
        self.errors = []

    def error(self, event, exc_info):
        self.errors.append(exc_info)


class Broken:
    """A webhook whose own care has a defect."""

    def on_post(self, req, resp):
        raise ZeroDivisionError("an inner secret")


def test_what_escapes_the_webhook_is_refused_and_logged():
    log = Log()
    result = TestClient(
        create_app(Broken(), path="/", metrics=Metrics(CollectorRegistry(), {}), log=log)
    ).simulate_post("/")
    assert (result.status_code, result.content) == (HTTPStatus.OK, UNAVAILABLE)
    assert result.headers["content-type"] == "application/json"
    assert [str(error) for error in log.errors] == ["an inner secret"]
