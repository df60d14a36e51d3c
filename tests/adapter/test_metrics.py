"""What is counted."""

import threading

from prometheus_client import CollectorRegistry, generate_latest

from adapter.apps import App, OnFailure
from adapter.metrics import Metrics
from adapter.outcome import Kind, Outcome, Reason


def test_answers_are_counted_by_app_outcome_and_reason():
    registry = CollectorRegistry()
    metrics = Metrics(registry, {5: App(on_failure=OnFailure.REFUSE)})
    metrics.count(5, Outcome(Kind.REFUSED, code=10101, message="No."), 0.2)
    metrics.count(None, Outcome(Kind.REJECTED, Reason.UNKNOWN_APP), 0.001)
    text = generate_latest(registry).decode()
    assert 'adapter_answers_total{app="5",outcome="refused",reason=""} 1.0' in text
    assert 'adapter_answers_total{app="unknown",outcome="rejected",reason="unknown_app"} 1.0' in text
    assert 'adapter_answer_seconds_bucket{le="0.25",outcome="refused"} 1.0' in text


def test_callers_cannot_make_labels(adapter):
    before = series(adapter)
    for number in range(50):
        adapter.webhook({"SdkAppid": 7000 + number})
        command = f"Made.Up{number}"
        adapter.webhook({"CallbackCommand": command}, {"CallbackCommand": command})
        adapter.request(f"MADE{number}", f"/up/{number}")
        adapter.request(f"UP{number}", "/")
    assert series(adapter) == before
    assert adapter.counted("rejected", "unknown_app", app="unknown") == 50
    assert adapter.counted("other_command", "other") == 50


def series(adapter):
    samples = [sample for metric in adapter.registry.collect() for sample in metric.samples]
    return {(sample.name, *sample.labels.values()) for sample in samples}


def test_requests_elsewhere_are_counted(adapter):
    for method, path in (("POST", "/wrong"), ("GET", "/"), ("OPTIONS", "/"), ("WEBSOCKET", "/")):
        adapter.request(method, path)
    counted = {
        status: adapter.registry.get_sample_value("adapter_requests_elsewhere_total", {"status": status})
        for status in ("404", "405")
    }
    assert counted == {"404": 1, "405": 3}


def test_what_a_server_is_doing_shows(adapter, decider, until):
    def value(name):
        return adapter.registry.get_sample_value(name)

    released = decider.hang()
    connection = adapter.open()
    request = adapter.new_client()
    thread = threading.Thread(target=request.webhook)
    thread.start()
    until(lambda: value("adapter_threads_busy") == 1)
    until(lambda: value("adapter_connections") == 2)
    assert (value("adapter_threads"), value("adapter_queue_length")) == (16, 0)
    released.set()
    thread.join(10)
    connection.close()
    assert value("adapter_queue_seconds_count") == 1
    until(lambda: value("adapter_threads_busy") == 0)
