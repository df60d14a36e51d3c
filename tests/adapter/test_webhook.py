"""The answer table, row by row, over real sockets: real waitress, real gRPC."""

import json

import grpc
import pytest
from falcon.testing import create_environ

from adapter.client import CAUSES
from adapter.outcome import Kind
from adapter.vendor.answer import ANSWERS
from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

ALLOWED = {"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0}
REJECTED = {"ActionStatus": "OK", "ErrorInfo": "The request could not be accepted.", "ErrorCode": 1}
UNAVAILABLE = {
    "ActionStatus": "OK",
    "ErrorInfo": "Topics cannot be created at the moment. Please try again later.",
    "ErrorCode": 1,
}
COMMAND = "Group.CallbackBeforeCreateTopic"
SIGNED, LAX, STRICT = 1400000000, 1400000001, 1400000002


def refuse(code, message=""):
    response = pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=code, message=message)
    return lambda request, context: response


def fail(status):
    return lambda request, context: context.abort(status, "a secret of the decider's")


class TestVerdict:
    def test_the_pages_sample_is_allowed_to_the_byte(self, adapter):
        reply = adapter.webhook()
        assert reply.status == 200
        assert reply.headers["content-type"] == "application/json"
        assert reply.body == b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
        assert adapter.counted("allowed") == 1

    @pytest.mark.parametrize(
        ("code", "message"),
        [(1, ""), (10100, "No."), (10101, "Nicht erlaubt: 不允许"), (10200, '"\\')],
    )
    def test_a_refusal_carries_its_own_code_and_message(self, adapter, decider, code, message):
        decider.script(refuse(code, message))
        assert adapter.webhook().json == {"ActionStatus": "OK", "ErrorInfo": message, "ErrorCode": code}
        assert adapter.counted("refused") == 1

    def test_the_decider_is_asked_what_the_webhook_tells(self, adapter, decider):
        adapter.post(
            adapter.signed(ClientIP="2001:db8::1", OptPlatform="IPad"), adapter.body(EventTime="1669872112345")
        )
        (request,) = decider.requests
        assert request.app_id == SIGNED
        assert request.operator_user_id == "leckie"
        assert request.group_type == "Community"
        assert request.topic_name == "MyFirstTopic"
        assert request.client_ip == "2001:db8::1"
        assert request.platform == pb.PLATFORM_IPAD
        assert request.event_time.ToMilliseconds() == 1669872112345
        assert request.signed
        assert (request.dry_run, request.explain, len(request.attributes)) == (False, False, 0)

    def test_what_the_webhook_does_not_tell_stays_absent(self, adapter, decider):
        assert adapter.webhook({"ClientIP": None, "OptPlatform": None, "contenttype": None}).json == ALLOWED
        (request,) = decider.requests
        assert request.client_ip == ""
        assert request.platform == pb.PLATFORM_UNSPECIFIED
        assert not request.HasField("event_time")
        assert not request.signed

    def test_every_webhook_has_an_id_of_its_own_that_the_log_knows(self, adapter, decider):
        adapter.webhook()
        adapter.webhook()
        asked = [request.request_id for request in decider.requests]
        assert len(set(asked)) == 2
        assert [line["request_id"] for line in adapter.answered] == asked

    def test_further_fields_are_ignored(self, adapter):
        assert adapter.webhook({"Later": "1"}, {"Later": {"a": [1, None]}}).json == ALLOWED

    @pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json; charset=x", "%%%"])
    def test_any_content_type_will_do(self, adapter, content_type):
        headers = {} if content_type is None else {"Content-Type": content_type}
        body = json.dumps(adapter.body()).encode()
        assert adapter.post(adapter.query(), body, headers=headers).json == ALLOWED

    @pytest.mark.parametrize("word", ["FreeBSD", "🤖", " "])
    def test_a_platform_that_is_not_known_is_never_turned_away(self, adapter, decider, word):
        assert adapter.webhook({"OptPlatform": word}).json == ALLOWED
        assert decider.requests[0].platform == pb.PLATFORM_UNKNOWN


class TestOtherCommand:
    @pytest.mark.parametrize(
        ("command", "label"),
        [
            ("Group.CallbackBeforeCreateGroup", "Group.CallbackBeforeCreateGroup"),
            ("Group.CallbackAfterCreateTopic", "Group.CallbackAfterCreateTopic"),
            ("C2C.CallbackAfterSendMsg", "other"),
            ("group.callbackbeforecreatetopic", "other"),
        ],
    )
    def test_another_command_is_allowed_and_counted(self, adapter, decider, command, label):
        assert adapter.post(adapter.query(CallbackCommand=command), {"CallbackCommand": command}).json == ALLOWED
        assert adapter.counted("other_command", label) == 1
        assert decider.requests == []

    def test_another_command_is_still_checked_for_app_and_signature(self, adapter):
        body = {"CallbackCommand": "Group.CallbackAfterCreateTopic"}
        assert adapter.post(adapter.query(CallbackCommand=body["CallbackCommand"], SdkAppid=5), body).json == REJECTED
        query = adapter.signed(token="wrong", CallbackCommand=body["CallbackCommand"])
        assert adapter.post(query, body).json == REJECTED


class TestUrlCheck:
    @pytest.mark.parametrize("query", ["", "contenttype=json", "SdkAppid=1400000000", "SdkAppid=5&Sign=x"])
    @pytest.mark.parametrize("body", [b"", b"{}", b'{"Name":"x"}'])
    def test_a_post_without_a_command_is_allowed(self, adapter, decider, query, body):
        assert adapter.post(query, body).json == ALLOWED
        assert adapter.counted("url_check", app="unknown") == 1
        assert decider.requests == []


# What is wrong, the query's changes, the body's changes or its bytes, the reason counted.
UNTRUSTED = [
    ("unknown app", {"SdkAppid": 5}, {}, "unknown_app"),
    ("no app", {"SdkAppid": None}, {}, "unknown_app"),
    ("empty app", {"SdkAppid": ""}, {}, "unknown_app"),
    ("app with a sign", {"SdkAppid": "+1400000001"}, {}, "unknown_app"),
    ("app with a zero", {"SdkAppid": "01400000001"}, {}, "unknown_app"),
    ("app with a space", {"SdkAppid": " 1400000001"}, {}, "unknown_app"),
    ("app in other digits", {"SdkAppid": "١٤٠٠٠٠٠٠٠١"}, {}, "unknown_app"),
    ("app with a line end", {"SdkAppid": "1400000001\n"}, {}, "unknown_app"),
    ("command differs", {}, {"CallbackCommand": "Group.CallbackAfterCreateTopic"}, "command_mismatch"),
    ("command in the query only", {}, {"CallbackCommand": None}, "command_mismatch"),
    ("command in the body only", {"CallbackCommand": None}, {}, "command_mismatch"),
    ("command of another case", {"CallbackCommand": COMMAND.lower()}, {}, "command_mismatch"),
    ("parameter of another case", {"CallbackCommand": None, "callbackcommand": COMMAND}, {}, "command_mismatch"),
    ("command no text", {}, {"CallbackCommand": 5}, "wrong_type"),
    ("no operator", {}, {"Operator_Account": None}, "wrong_type"),
    ("no type", {}, {"Type": None}, "wrong_type"),
    ("no name", {}, {"Name": None}, "wrong_type"),
    ("name a number", {}, {"Name": 5}, "wrong_type"),
    ("name a list", {}, {"Name": ["x"]}, "wrong_type"),
    ("operator an object", {}, {"Operator_Account": {}}, "wrong_type"),
    ("type a flag", {}, {"Type": True}, "wrong_type"),
    ("time a float", {}, {"EventTime": 1.5}, "wrong_type"),
    ("time words", {}, {"EventTime": "now"}, "wrong_type"),
    ("time a flag", {}, {"EventTime": True}, "wrong_type"),
    ("time negative", {}, {"EventTime": -1}, "wrong_type"),
    ("time too late", {}, {"EventTime": 10**15}, "wrong_type"),
    ("time huge", {}, {"EventTime": "9" * 400}, "wrong_type"),
    ("name half a character", {}, {"Name": "\ud800"}, "bad_text"),
    ("operator half a character", {}, {"Operator_Account": "a\udc00"}, "bad_text"),
    ("name with NUL", {}, {"Name": "a\0b"}, "bad_text"),
    ("type with NUL", {}, {"Type": "\0"}, "bad_text"),
    ("no body", {}, b"", "unreadable_body"),
    ("not JSON", {}, b"{", "unreadable_body"),
    ("JSON with the page's comments", {}, b'{"CallbackCommand": "x" // command\n}', "unreadable_body"),
    ("a list", {}, b"[]", "unreadable_body"),
    ("null", {}, b"null", "unreadable_body"),
    ("not UTF-8", {}, b'{"Name":"\xff"}', "unreadable_body"),
    ("UTF-16", {}, '{"Name":"x"}'.encode("utf-16"), "unreadable_body"),
    ("byte order mark", {}, b"\xef\xbb\xbf{}", "unreadable_body"),
    ("NaN", {}, b'{"x":NaN}', "unreadable_body"),
    ("Infinity", {}, b'{"x":-Infinity}', "unreadable_body"),
    ("a name twice", {}, b'{"Name":"a","Name":"b"}', "unreadable_body"),
    ("a name twice deep down", {}, b'{"x":[{"a":1,"a":1}]}', "unreadable_body"),
    ("too deep", {}, b"[" * 60_000, "unreadable_body"),
    ("a huge number", {}, b'{"x":' + b"9" * 60_000 + b"}", "unreadable_body"),
    ("65 KiB", {}, {"Name": "x" * 65 * 1024}, "too_large"),
    ("one byte too many", {}, b" " * 65_537, "too_large"),
]


@pytest.mark.parametrize(("query", "body", "reason"), [row[1:] for row in UNTRUSTED], ids=[row[0] for row in UNTRUSTED])
def test_input_that_cannot_be_trusted_is_refused(adapter, decider, query, body, reason):
    given = body if isinstance(body, bytes) else adapter.body(**body)
    reply = adapter.post(adapter.query(**query), given)
    assert reply.json == REJECTED
    assert adapter.counted("rejected", reason) + adapter.counted("rejected", reason, "unknown") == 1
    assert decider.requests == []


def test_a_body_of_64_kib_is_read(adapter, decider):
    body = json.dumps(adapter.body()).encode()
    assert adapter.post(adapter.query(), body + b" " * (65_536 - len(body))).json == ALLOWED


def test_the_connection_outlives_a_body_that_is_too_large(adapter):
    assert adapter.post(adapter.query(), b" " * 500_000).json == REJECTED
    assert "connection" not in adapter.webhook().headers


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SdkAppid=1400000001&SdkAppid=1400000001", "duplicate_parameter"),
        ("SdkAppid=1400000001&sdkappid=5", "duplicate_parameter"),
        ("x=1&x=2", "duplicate_parameter"),
        ("x&x", "duplicate_parameter"),
        ("Sign=%zz", "malformed_query"),
        ("Sign=%", "malformed_query"),
        ("Sign=%ff", "malformed_query"),
        ("Sign=%ed%a0%80", "malformed_query"),
        ("&".join(f"a{n}=1" for n in range(65)), "malformed_query"),
    ],
)
def test_a_query_that_is_not_clear_is_refused_even_without_a_command(adapter, query, reason):
    assert adapter.post(query).json == REJECTED
    assert adapter.counted("rejected", reason, "unknown") == 1


class TestSignature:
    @pytest.mark.parametrize("token", ["xxxxyyyy", "another"])
    def test_each_token_of_the_app_signs(self, adapter, token):
        assert adapter.post(adapter.signed(token), adapter.body()).json == ALLOWED

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"Sign": None}, "missing_signature"),
            ({"Sign": ""}, "missing_signature"),
            ({"RequestTime": None}, "missing_signature"),
            ({"Sign": "0" * 64}, "wrong_signature"),
            ({"Sign": "ü"}, "wrong_signature"),
            ({"RequestTime": "0"}, "wrong_signature"),
            ({"token": "wrong"}, "wrong_signature"),
            ({"token": "wrong", "ago": 1000}, "wrong_signature"),
            ({"ago": 70}, "stale_signature"),
            ({"ago": -70}, "stale_signature"),
        ],
    )
    def test_a_signature_that_does_not_hold_is_refused(self, adapter, decider, changes, reason):
        assert adapter.post(adapter.signed(**changes), adapter.body()).json == REJECTED
        assert adapter.counted("rejected", reason, SIGNED) == 1
        assert decider.requests == []

    def test_a_signature_brings_so_many_topics_and_no_more(self, start_adapter, decider):
        adapter = start_adapter(signature_uses=3)
        query = adapter.signed()
        answers = [adapter.post(query, adapter.body()).json for _ in range(5)]
        assert answers == [ALLOWED] * 3 + [REJECTED] * 2
        assert adapter.counted("rejected", "overused_signature", SIGNED) == 2
        assert len(decider.requests) == 3
        assert adapter.post(adapter.signed(ago=1), adapter.body()).json == ALLOWED

    def test_only_the_webhook_before_a_topic_uses_a_signature_up(self, start_adapter):
        adapter = start_adapter(signature_uses=1)
        other = "Group.CallbackAfterCreateTopic"
        query = adapter.signed(CallbackCommand=other)
        for _ in range(5):
            assert adapter.post(query, adapter.body(CallbackCommand=other)).json == ALLOWED
        unsigned = [adapter.webhook().json for _ in range(3)]
        assert unsigned == [ALLOWED] * 3

    def test_an_app_without_tokens_is_never_signed(self, adapter, decider):
        assert adapter.post(adapter.signed(SdkAppid=LAX), adapter.body()).json == ALLOWED
        assert not decider.requests[0].signed

    def test_no_secret_reaches_the_log_or_the_metrics(self, adapter):
        adapter.post(adapter.signed(), adapter.body())
        adapter.post(adapter.signed(Sign="f" * 64), adapter.body())
        written = json.dumps(adapter.log)
        assert "answered" in written
        assert not [secret for secret in ("xxxxyyyy", "another", "f" * 64, "RequestTime") if secret in written]


class TestOrder:
    """What is cheap and says the least is checked first."""

    @pytest.mark.parametrize(
        ("query", "body", "reason"),
        [
            ("SdkAppid=5&SdkAppid=5", b" " * 70_000, "too_large"),
            ("SdkAppid=5&SdkAppid=5", b"{", "duplicate_parameter"),
            (f"SdkAppid=5&CallbackCommand={COMMAND}", b"{", "unknown_app"),
            (f"SdkAppid=1400000000&CallbackCommand={COMMAND}", b"{", "missing_signature"),
            (f"SdkAppid=1400000001&CallbackCommand={COMMAND}", b'{"CallbackCommand":"x","Name":5}', "command_mismatch"),
        ],
    )
    def test_the_first_check_that_fails_is_the_one_counted(self, adapter, query, body, reason):
        assert adapter.post(query, body).json == REJECTED
        assert [line["reason"] for line in adapter.answered] == [reason]


def test_what_the_decider_finds_invalid_is_refused(adapter, decider):
    decider.script(fail(grpc.StatusCode.INVALID_ARGUMENT))
    assert adapter.webhook().json == REJECTED
    assert adapter.counted("rejected", "invalid_argument") == 1


@pytest.mark.parametrize(("app", "answer"), [(LAX, ALLOWED), (STRICT, UNAVAILABLE)])
class TestNoVerdict:
    """Could not decide: the app's own on_failure, counted by cause, and nothing of why in the answer."""

    @pytest.mark.parametrize("status", CAUSES, ids=lambda status: status.name)
    def test_every_status_of_the_decider(self, adapter, decider, app, answer, status):
        decider.script(fail(status))
        assert adapter.webhook({"SdkAppid": app}).json == answer
        kind = "fallback_allowed" if app == LAX else "fallback_refused"
        assert adapter.counted(kind, CAUSES[status], app) == 1

    @pytest.mark.parametrize(
        "response",
        [
            pb.DecideTopicCreationResponse(),
            pb.DecideTopicCreationResponse(verdict=77),
            pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_ALLOW, code=1),
            pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=0),
            pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=10099),
            pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=10201),
            pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_REFUSE, code=-1),
        ],
        ids=str,
    )
    def test_an_answer_outside_the_contract(self, adapter, decider, app, answer, response):
        decider.script(lambda request, context: response)
        assert adapter.webhook({"SdkAppid": app}).json == answer
        assert adapter.answered[-1]["reason"] == "bad_answer"

    def test_no_decider(self, start_adapter, app, answer):
        adapter = start_adapter(target="dns:///127.0.0.1:1")
        assert adapter.webhook({"SdkAppid": app}).json == answer
        assert adapter.answered[-1]["reason"] == "unreachable"

    def test_a_decider_that_is_too_slow(self, start_adapter, decider, app, answer):
        decider.hang()
        adapter = start_adapter(budget=0.4)
        assert adapter.webhook({"SdkAppid": app}).json == answer
        assert adapter.answered[-1]["reason"] == "too_slow"
        assert adapter.answered[-1]["ms"] <= 400

    def test_a_bug(self, start_adapter, app, answer):
        class Broken:
            def decide(self, *args, **kwargs):
                raise ZeroDivisionError("an inner secret")

        adapter = start_adapter(decider=lambda real: Broken())
        assert adapter.webhook({"SdkAppid": app}).json == answer
        bug = next(line for line in adapter.log if line["event"] == "bug")
        assert bug["level"] == "error"
        assert "Traceback" in bug["exception"]
        assert "ZeroDivisionError: an inner secret" in bug["exception"]
        assert adapter.answered[-1]["reason"] == "bug"


def test_a_bug_before_the_app_is_known_refuses(adapter):
    class Torn:
        """A stream whose reading fails, as a full disk makes it."""

        def read(self, size):
            raise OSError("no space left on device")

    environ = create_environ(method="POST", remote_addr="127.0.0.1") | {"wsgi.input": Torn()}
    statuses = []
    body = adapter.application(environ, lambda status, headers: statuses.append(status))
    assert statuses == ["200 OK"]
    assert json.loads(b"".join(body)) == UNAVAILABLE


class TestNotTheVendor:
    @pytest.mark.parametrize(
        "method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO", "WEBSOCKET"]
    )
    def test_other_methods_are_405(self, adapter, method):
        reply = adapter.request(method, "/")
        assert (reply.status, reply.headers["allow"]) == (405, "POST")

    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_other_paths_are_404(self, adapter, method):
        assert adapter.request(method, "/other").status == 404

    def test_the_path_is_a_setting(self, start_adapter):
        adapter = start_adapter(path="/hooks/im")
        assert adapter.post(adapter.query(), adapter.body(), path="/hooks/im").json == ALLOWED
        assert adapter.post(adapter.query(), adapter.body()).status == 404


def test_every_kind_of_outcome_has_an_answer():
    assert set(ANSWERS) == set(Kind)


def test_every_status_that_is_not_an_answer_has_a_cause():
    assert set(CAUSES) == set(grpc.StatusCode) - {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}
