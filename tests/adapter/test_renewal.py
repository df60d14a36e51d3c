"""A renewed client certificate is taken into use while webhooks are answered."""

import io
import json
import threading
from datetime import timedelta
from functools import partial

import grpc
import pytest
from certificates import Authority, Pair
from cryptography.x509 import load_pem_x509_certificate
from prometheus_client import CollectorRegistry

from adapter.client import open_channel
from adapter.errors import AdapterError
from adapter.event import Event
from adapter.log import configure
from adapter.metrics import Metrics
from adapter.outcome import Kind
from adapter.renewal import Renewal
from adapter.tls import TlsFiles

CA = Authority()
SERVER = CA.issue("127.0.0.1")
EVENT = Event(operator="leckie", group_type="Community", name="Chess")


@pytest.fixture
def decider(start_decider):
    return start_decider(credentials=grpc.ssl_server_credentials([(SERVER.key, SERVER.cert)], CA.pem, True))


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def renewal(decider, stack, stream, registry, tmp_path):
    files = TlsFiles(CA.write(tmp_path), *CA.issue("before").write(tmp_path, "client"))
    log = configure("debug", stream)
    metrics = Metrics(registry, {})
    renewal = Renewal(files, partial(open_channel, decider.target), interval=0.05, metrics=metrics, log=log)
    stack.callback(renewal.close)
    return renewal


def logged(stream, event):
    return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event]


def ask(renewal):
    return renewal.decider.decide(EVENT, app_id=1, signed=True, request_id="r", timeout=2).kind


def test_calls_go_on_while_the_certificate_changes_and_then_have_the_new_one(decider, renewal, stream, tmp_path, until):
    renewal.start()
    ended, failures = threading.Event(), []

    def crowd():
        while not ended.is_set():
            try:
                ask(renewal)
            except AdapterError as error:
                failures.append(error)

    threads = [threading.Thread(target=crowd) for _ in range(4)]
    for thread in threads:
        thread.start()
    CA.issue("after").write(tmp_path, "client")
    until(lambda: "after" in decider.servicer.callers)
    until(lambda: decider.servicer.callers[-50:] == ["after"] * 50)
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(logged(stream, "certificate reloaded")) == 1


def test_files_that_cannot_be_used_change_nothing_and_are_told_once(decider, renewal, stream, registry, tmp_path):
    Pair(CA.issue("after").cert, CA.issue("after").key).write(tmp_path, "client")
    for _ in range(4):
        renewal.look()
    assert ask(renewal) is Kind.ALLOWED
    assert decider.servicer.callers == ["before"]
    assert [line["problem"] for line in logged(stream, "certificate not reloaded")] == [
        f"ADAPTER_DECIDER_KEY {tmp_path}/client.key: does not belong to the certificate"
    ]
    assert registry.get_sample_value("adapter_tls_reload_failed") == 1
    assert registry.get_sample_value("adapter_tls_reloads_total", {"outcome": "failed"}) == 1


def test_the_expiry_of_the_certificate_in_use_is_told_and_warned_of(renewal, stream, registry, tmp_path):
    def end(name, setting):
        pem = (tmp_path / name).read_bytes()
        told = registry.get_sample_value("adapter_certificate_expiry_timestamp_seconds", {"file": setting})
        return told == load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()

    assert end("client.crt", "ADAPTER_DECIDER_CERT")
    assert end("ca.crt", "ADAPTER_DECIDER_CA")
    CA.issue("after", life=timedelta(days=90)).write(tmp_path, "client")
    for _ in range(2):
        renewal.look()
    assert end("client.crt", "ADAPTER_DECIDER_CERT")
    warned = [(line["setting"], line["days"]) for line in logged(stream, "certificate ends soon")]
    assert warned == [("ADAPTER_DECIDER_CA", 1.0), ("ADAPTER_DECIDER_CERT", 1.0), ("ADAPTER_DECIDER_CA", 1.0)]
    assert registry.get_sample_value("adapter_tls_reloads_total", {"outcome": "changed"}) == 1


def test_a_file_that_goes_and_comes_back_changes_nothing(decider, renewal, stream, tmp_path):
    content = (tmp_path / "client.key").read_bytes()
    (tmp_path / "client.key").unlink()
    renewal.look()
    (tmp_path / "client.key").write_bytes(content)
    for _ in range(2):
        renewal.look()
    assert ask(renewal) is Kind.ALLOWED
    assert (len(logged(stream, "certificate not reloaded")), logged(stream, "certificate reloaded")) == (1, [])


def test_a_pair_of_which_one_half_is_yet_to_come_is_waited_for(decider, renewal, stream, tmp_path):
    renewed = CA.issue("after")
    (tmp_path / "client.key").write_bytes(renewed.key)
    renewal.look()
    (tmp_path / "client.crt").write_bytes(renewed.cert)
    for _ in range(2):
        renewal.look()
    assert ask(renewal) is Kind.ALLOWED
    assert decider.servicer.callers == ["after"]
    assert logged(stream, "certificate not reloaded") == []


def test_a_renewal_while_no_decider_answers_is_used_once_one_does(
    start_decider, decider, renewal, stream, tmp_path, until
):
    decider.stop()
    CA.issue("after").write(tmp_path, "client")
    for _ in range(2):
        renewal.look()
    assert logged(stream, "no decider is reached with the renewed certificate")
    returned = start_decider(port=decider.port, credentials=decider.credentials)

    def answered():
        try:
            return ask(renewal) is Kind.ALLOWED
        except AdapterError:
            return False

    until(answered)
    assert set(returned.servicer.callers) == {"after"}
