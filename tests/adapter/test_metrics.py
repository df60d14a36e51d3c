"""What is counted."""

from prometheus_client import CollectorRegistry, generate_latest

from adapter.metrics import Metrics
from adapter.outcome import Kind, Outcome, Reason


def test_answers_are_counted_by_app_outcome_and_reason():
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.count(5, Outcome(Kind.REFUSED, code=10101, message="No."), 0.2)
    metrics.count(None, Outcome(Kind.REJECTED, Reason.UNKNOWN_APP), 0.001)
    text = generate_latest(registry).decode()
    assert 'adapter_answers_total{app="5",outcome="refused",reason=""} 1.0' in text
    assert 'adapter_answers_total{app="unknown",outcome="rejected",reason="unknown_app"} 1.0' in text
    assert 'adapter_answer_seconds_bucket{le="0.25",outcome="refused"} 1.0' in text


def test_callers_cannot_make_labels(adapter):
    for number in range(50):
        adapter.webhook({"SdkAppid": 7000 + number})
        command = f"Made.Up{number}"
        adapter.webhook({"CallbackCommand": command}, {"CallbackCommand": command})
    samples = [sample for metric in adapter.registry.collect() for sample in metric.samples]
    series = {tuple(sample.labels.values()) for sample in samples if sample.name == "adapter_answers_total"}
    assert series == {("unknown", "rejected", "unknown_app"), ("1400000001", "other_command", "other")}
