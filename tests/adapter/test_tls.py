"""TLS towards the decider: files that cannot be used are named, and the two know each other."""

import grpc
import pytest
from certificates import Authority

from adapter.client import Decider, open_channel
from adapter.errors import BadInput, Undecided
from adapter.event import Event
from adapter.outcome import Cause, Kind
from adapter.tls import TlsFiles

CA, STRANGER = Authority(), Authority()
SERVER = CA.issue("127.0.0.1", "decider.im.svc")
CLIENT = CA.issue("adapter.im.svc")
EVENT = Event(operator="leckie", group_type="Community", name="Chess")


@pytest.fixture
def decider(start_decider):
    return start_decider(credentials=grpc.ssl_server_credentials([(SERVER.key, SERVER.cert)], CA.pem, True))


@pytest.fixture
def files(tmp_path):
    return TlsFiles(CA.write(tmp_path), *CLIENT.write(tmp_path, "client"))


def ask(decider, files, target=None, name=""):
    with open_channel(target or decider.target, files.credentials(), name) as channel:
        return Decider(channel).decide(EVENT, app_id=1, signed=True, request_id="r", timeout=2)


def test_the_adapter_is_known_by_its_certificate(decider, files):
    assert ask(decider, files).kind is Kind.ALLOWED
    assert decider.servicer.callers == ["adapter.im.svc"]


@pytest.mark.parametrize("what", ["no certificate", "another's CA", "another name"])
def test_there_is_no_verdict_where_one_does_not_know_the_other(decider, files, tmp_path, what):
    given = {
        "no certificate": (TlsFiles(files.ca), ""),
        "another's CA": (TlsFiles(STRANGER.write(tmp_path, "stranger"), files.cert, files.key), ""),
        "another name": (files, "other.im.svc"),
    }[what]
    with pytest.raises(Undecided) as raised:
        ask(decider, given[0], name=given[1])
    assert raised.value.cause is Cause.UNREACHABLE
    assert decider.requests == []


def test_the_name_in_the_certificate_may_be_another_than_the_targets(decider, files):
    target = f"dns:///localhost:{decider.port}"
    with pytest.raises(Undecided):
        ask(decider, files, target)
    assert ask(decider, files, target, "decider.im.svc").kind is Kind.ALLOWED


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("ca.crt", None, "ADAPTER_DECIDER_CA {}: no such file or directory"),
        ("ca.crt", b"", "ADAPTER_DECIDER_CA {}: holds no certificate, PEM"),
        ("client.crt", CLIENT.key, "ADAPTER_DECIDER_CERT {}: holds no certificate, PEM"),
        ("client.key", None, "ADAPTER_DECIDER_KEY {}: no such file or directory"),
        ("client.key", CLIENT.cert, "ADAPTER_DECIDER_KEY {}: holds no private key, unencrypted PEM"),
        ("client.key", SERVER.key, "ADAPTER_DECIDER_KEY {}: does not belong to the certificate"),
    ],
)
def test_files_that_cannot_be_used_are_named_with_the_reason(files, tmp_path, name, content, problem):
    path = tmp_path / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(BadInput) as raised:
        files.credentials()
    assert raised.value.problems == [problem.format(path)]
