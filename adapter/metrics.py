"""The adapter's Prometheus metrics: `docs/metrics.md`. Every label has few values, none of them chosen by a caller."""

import platform
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.metadata import version
from typing import Final

import grpc
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from adapter.apps import App, OnFailure
from adapter.outcome import Cause, Kind, Outcome, Reason
from adapter.vendor.query import OTHER_COMMANDS

# Seconds; finest where the budget ends and the vendor stops waiting.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.25, 1.5, 1.75, 2.0)

# What is answered to requests that are no webhooks, and so to a wrong URL in the console.
ELSEWHERE: Final = (404, 405)


class Metrics:
    """Counts and times answers, in the registry that it is given."""

    def __init__(self, registry: CollectorRegistry, apps: Mapping[int, App]) -> None:
        self._registry = registry
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._answers = Counter(
            "adapter_answers",
            "Webhooks answered, by app, by what became of them, and why.",
            ["app", "outcome", "reason"],
            registry=registry,
        )
        self._seconds = self._histogram(
            "answer_seconds", "Seconds from a webhook's first byte to its answer.", ["outcome"]
        )
        self._queue = self._histogram("queue_seconds", "Seconds from a request's last byte to a thread's taking it up.")
        self._elsewhere = self._counter(
            "requests_elsewhere", "Requests to another path or of another method than the webhook's.", "status"
        )
        self._tls_reloads = self._counter("tls_reloads", "TLS files read again, by outcome.", "outcome")
        self._tls_reload_failed = self._gauge("tls_reload_failed", "1 while the TLS files on disk cannot be used.")
        self._expiry = self._gauge(
            "certificate_expiry_timestamp_seconds", "When the certificate in use ends, Unix time, by setting.", ["file"]
        )
        build = self._gauge("build_info", "The software that runs; always 1.", ["version", "python", "grpc"])
        build.labels(version("topic-gate"), platform.python_version(), grpc.__version__).set(1)
        # Looking them up takes longer than counting.
        self._children = cache(self._find)
        self._begin(apps)

    def _begin(self, apps: Mapping[int, App]) -> None:
        """Have every series from the start: one that begins at 1 tells Prometheus of no increase."""
        for status in ELSEWHERE:
            self._elsewhere.labels(str(status))
        for outcome in ("changed", "unchanged", "failed"):
            self._tls_reloads.labels(outcome)
        for app_id, app in apps.items():
            self._begin_app(app_id, app.on_failure)
        self._begin_app(None, OnFailure.REFUSE)
        self._children(None, Kind.URL_CHECK, "")

    def _begin_app(self, app_id: int | None, on_failure: OnFailure) -> None:
        fallback = Kind.FALLBACK_ALLOWED if on_failure is OnFailure.ALLOW else Kind.FALLBACK_REFUSED
        for reason in Reason:
            self._children(app_id, Kind.REJECTED, reason)
        for cause in Cause:
            self._children(app_id, fallback, cause)
        if app_id is not None:
            for kind in (Kind.ALLOWED, Kind.REFUSED):
                self._children(app_id, kind, "")
            for command in (*OTHER_COMMANDS, "other"):
                self._children(app_id, Kind.OTHER_COMMAND, command)

    def observe_server(
        self, *, connections: Callable[[], int], busy: Callable[[], int], queued: Callable[[], int], threads: int
    ) -> None:
        """Tell of a server's connections, its busy threads and requests that wait for one, as they are when asked."""
        self._gauge("connections", "Connections that are open.").set_function(connections)
        self._gauge("threads_busy", "Threads that answer a webhook.").set_function(busy)
        self._gauge("threads", "Threads that there are.").set(threads)
        self._gauge("queue_length", "Requests that wait for a thread.").set_function(queued)

    def _counter(self, name: str, help: str, label: str) -> Counter:
        return Counter(f"adapter_{name}", help, [label], registry=self._registry)

    def _gauge(self, name: str, help: str, labels: Collection[str] = ()) -> Gauge:
        return Gauge(f"adapter_{name}", help, labels, registry=self._registry)

    def _histogram(self, name: str, help: str, labels: Collection[str] = ()) -> Histogram:
        return Histogram(f"adapter_{name}", help, labels, buckets=_BUCKETS, registry=self._registry)

    def count(self, app_id: int | None, outcome: Outcome, seconds: float) -> None:
        """Count one answer; `app_id` is None unless the app is one of the configured ones."""
        counter, histogram = self._children(app_id, outcome.kind, outcome.reason)
        counter.inc()
        histogram.observe(seconds)

    def waited(self, seconds: float) -> None:
        """Measure how long a request waited for a thread."""
        self._queue.observe(seconds)

    def elsewhere(self, status: int) -> None:
        """Count an answer of 404 or 405."""
        self._elsewhere.labels(str(status)).inc()

    def tls_reloaded(self, outcome: str) -> None:
        """Count TLS files that were read again: `changed`, `unchanged` or `failed`."""
        self._tls_reloads.labels(outcome).inc()
        self._tls_reload_failed.set(outcome == "failed")

    def certificates_end(self, ends: Mapping[str, float]) -> None:
        """Tell when the certificates in use end, Unix time, by the settings that name their files."""
        for setting, end in ends.items():
            self._expiry.labels(setting).set(end)

    def _find(self, app_id: int | None, kind: Kind, reason: str) -> tuple[Counter, Histogram]:
        app = "unknown" if app_id is None else str(app_id)
        return self._answers.labels(app, kind, reason), self._seconds.labels(kind)
