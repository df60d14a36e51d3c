"""The adapter's Prometheus metrics; every label has few values, none of them chosen by a caller."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

from adapter.outcome import Kind, Outcome

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
        # Looking them up takes longer than counting.
        self._children = cache(self._find)

    def count(self, app_id: int | None, outcome: Outcome, seconds: float) -> None:
        """Count one answer; `app_id` is None unless the app is one of the configured ones."""
        counter, histogram = self._children(app_id, outcome.kind, outcome.reason)
        counter.inc()
        histogram.observe(seconds)

    def _find(self, app_id: int | None, kind: Kind, reason: str) -> tuple[Counter, Histogram]:
        app = "unknown" if app_id is None else str(app_id)
        return self._answers.labels(app, kind, reason), self._seconds.labels(kind)
