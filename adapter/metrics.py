"""The adapter's Prometheus metrics; every label has few values, none of them chosen by a caller."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from adapter.outcome import Outcome

# Seconds; finest where the budget ends and the vendor stops waiting.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0)


class Metrics:
    """Counts and times answers, in the registry that it is given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "adapter_answers",
            "Webhooks answered, by app, by what became of them, and why.",
            ["app", "outcome", "reason"],
            registry=registry,
        )
        self._seconds = Histogram(
            "adapter_answer_seconds",
            "Seconds from a webhook's first byte to its answer.",
            ["outcome"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def count(self, app_id: int | None, outcome: Outcome, seconds: float) -> None:
        """Count one answer; `app_id` is None unless the app is one of the configured ones."""
        app = "unknown" if app_id is None else str(app_id)
        self._answers.labels(app, outcome.kind, outcome.reason).inc()
        self._seconds.labels(outcome.kind).observe(seconds)
