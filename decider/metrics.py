"""What the decider counts, for Prometheus: `docs/metrics.md`. No label takes a value that a caller chooses."""

import platform
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from importlib.metadata import version
from typing import Final

import grpc
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from decider.policy.course import Conclusion, Course
from decider.policy.policy import Policy
from decider.series import SeriesByRule
from decider.undecided import Cause

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
_RELOADS: Final = ("changed", "unchanged", "failed")

# An app as a label, and the id of a rule (empty: the default).
_AppRule = tuple[str, str]


def app_label(policy: Policy, app_id: int) -> str:
    """The app, if a document of the policy names it; else `other`, as callers may name any number of apps."""
    return str(app_id) if app_id in policy.by_app else "other"


class Metrics:
    """The decider's metrics in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._rules: dict[str, Collection[_AppRule]] = {}
        self._add_decisions()
        self._add_calls()
        self._add_limits()
        self._add_policies()
        self._add_tls()
        self._add_journal()
        build = self._gauge("build_info", "The software that runs; always 1.", ["version", "python", "grpc"])
        build.labels(version("topic-gate"), platform.python_version(), grpc.__version__).set(1)

    def _add_decisions(self) -> None:
        self._decisions = SeriesByRule(
            self._counter(
                "decisions",
                "Decisions by app (other: one that no document names), rule (empty: the default), verdict and mode: "
                "enforced, or shadow for what rules in shadow would have done.",
                ["app", "rule", "verdict", "mode"],
            )
        )
        self._candidate = SeriesByRule(
            self._counter(
                "candidate_outcomes",
                "What the candidate policy would have done beside the policy in use: same, allow, refuse or error.",
                ["app", "rule", "candidate_rule", "outcome"],
            )
        )
        self._undecided = self._counter(
            "undecided", "Requests that could not be decided, by cause.", ["cause"], list(Cause)
        )
        self._seconds = self._histogram("decision_seconds", "Time to decide one request, limits included.")
        self.repeated = self._counter("repeated", "Requests that were repeated and got their recorded decision.")

    def _add_calls(self) -> None:
        self._calls = self._counter(
            "calls",
            "Calls by caller (those that DECIDER_CALLERS names, the rest is other), taken or denied; without health.",
            ["caller", "outcome"],
        )
        self.calls_in_flight = self._gauge("calls_in_flight", "Calls that are worked on or wait to be.")
        self._shed = self._counter(
            "shed",
            "Calls that were not worked on, by reason.",
            ["reason"],
            ("calls", "batches", "streams", "turn", "time", "gone"),
        )
        self._queue = self._histogram("queue_seconds", "Time from a single call's arrival to its turn at deciding.")

    def _add_limits(self) -> None:
        self._limits = SeriesByRule(
            self._counter(
                "limit_lookups",
                "Limits of rules that decisions asked for, by what was found: room, full or unknown.",
                ["app", "rule", "outcome"],
            )
        )
        self._store_seconds = self._histogram(
            "limits_store_seconds", "Time of calls to the store of limits that were answered."
        )
        self._store_failures = self._counter(
            "limits_store_failures",
            "Calls to the store of limits that were not answered, by reason.",
            ["reason"],
            ("timeout", "error", "left_alone"),
        )
        self._store_left_alone = self._gauge(
            "limits_store_left_alone", "1 while the store of limits is left alone after repeated trouble."
        )

    def _add_policies(self) -> None:
        self._policy = self._gauge("policy_info", "The policies in use, by revision; always 1.", ["which", "revision"])
        self._loaded = self._gauge(
            "policy_loaded_timestamp_seconds", "Since when a policy of this revision is in use, Unix time.", ["which"]
        )
        self._reloads = self._counter(
            "policy_reloads", "Policies read from disk, by which and outcome.", ["which", "outcome"]
        )
        self._reload_failed = self._gauge("policy_reload_failed", "1 while what is on disk cannot be used.", ["which"])

    def _add_tls(self) -> None:
        self._tls_reloads = self._counter("tls_reloads", "TLS files read again, by outcome.", ["outcome"], _RELOADS)
        self._tls_reload_failed = self._gauge("tls_reload_failed", "1 while the TLS files on disk cannot be used.")
        self._expiry = self._gauge(
            "certificate_expiry_timestamp_seconds", "When the certificate in use ends, Unix time, by setting.", ["file"]
        )

    def _add_journal(self) -> None:
        self.journal_written = self._counter("journal_written", "Lines written to the journal.")
        self.journal_lost = self._counter(
            "journal_lost",
            "Journal lines lost, by reason.",
            ["reason"],
            ("queue_full", "write_failed", "closed", "defect"),
        )
        self.journal_queue = self._gauge("journal_queue", "Lines that wait to be written.")

    def _counter(self, name: str, help: str, labels: Collection[str] = (), values: Collection[str] = ()) -> Counter:
        """A counter; where it has one label, and the values are known, all are there from the start."""
        counter = Counter(f"decider_{name}", help, labels, registry=self._registry)
        for value in values:
            counter.labels(value)
        return counter

    def _gauge(self, name: str, help: str, labels: Collection[str] = ()) -> Gauge:
        return Gauge(f"decider_{name}", help, labels, registry=self._registry)

    def _histogram(self, name: str, help: str) -> Histogram:
        return Histogram(f"decider_{name}", help, buckets=_BUCKETS, registry=self._registry)

    def decided(self, app: str, course: Course, conclusion: Conclusion) -> None:
        """Count a decision, what the rules in shadow would have done, and what limits had to say."""
        self._decisions.inc(app, conclusion.rule_id, _verdict(conclusion.effect.allowed), "enforced")
        for found in conclusion.shadow:
            verdict = _verdict(found.effect.allowed) if found.effect else "error"
            self._decisions.inc(app, found.rule_id, verdict, "shadow")
        for limit in conclusion.limits:
            said = "room" if limit.usage else "unknown"
            self._limits.inc(app, limit.rule_id, "full" if limit.usage and limit.usage.full else said)

    def compared(self, app: str, rule: str, candidate_rule: str, outcome: str) -> None:
        """Count what the candidate policy would have done."""
        self._candidate.inc(app, rule, candidate_rule, outcome)

    def policy_used(self, which: str, policy: Policy, since: float) -> None:
        """Tell of a policy that is in use, since a Unix time, and forget the rules that are in none any more."""
        for label in [labels for labels in self._revisions() if labels[0] == which]:
            self._policy.remove(*label)
        self._policy.labels(which, policy.revision).set(1)
        self._loaded.labels(which).set(since)
        self._rules[which] = _rules(policy)
        active = self._rules.get("active", ())
        candidate = {rule for _, rule in self._rules.get("candidate", ())}
        self._decisions.keep(lambda labels: labels[:2] in active)
        self._limits.keep(lambda labels: labels[:2] in active)
        self._candidate.keep(lambda labels: labels[:2] in active and labels[2] in candidate)

    def _revisions(self) -> list[tuple[str, str]]:
        samples = [sample for metric in self._policy.collect() for sample in metric.samples]
        return [(sample.labels["which"], sample.labels["revision"]) for sample in samples]

    def reloaded(self, which: str, outcome: str) -> None:
        """Count a policy that was loaded, or could not be: `changed`, `unchanged` or `failed`."""
        for each in _RELOADS:
            self._reloads.labels(which, each).inc(each == outcome)
        self._reload_failed.labels(which).set(outcome == "failed")

    def store_answered(self, seconds: float) -> None:
        """Measure a call to the store of limits that was answered."""
        self._store_seconds.observe(seconds)

    def store_failed(self, reason: str) -> None:
        """Count a call to the store of limits that was not answered."""
        self._store_failures.labels(reason).inc()

    def store_left_alone(self, left_alone: bool) -> None:
        """Say whether the store of limits is asked."""
        self._store_left_alone.set(left_alone)

    def called(self, caller: str, *, allowed: bool) -> None:
        """Count a call; `caller` is one of few names."""
        self._calls.labels(caller, "taken" if allowed else "denied").inc()

    def waited(self, seconds: float) -> None:
        """Measure how long a call waited for its turn."""
        self._queue.observe(seconds)

    def shed(self, reason: str) -> None:
        """Count a call that was not worked on: `calls`, `batches`, `streams`, `turn`, `time` or `gone`."""
        self._shed.labels(reason).inc()

    def tls_reloaded(self, outcome: str) -> None:
        """Count TLS files that were read again: `changed`, `unchanged` or `failed`."""
        self._tls_reloads.labels(outcome).inc()
        self._tls_reload_failed.set(outcome == "failed")

    def certificates_end(self, ends: Mapping[str, float]) -> None:
        """Tell when the certificates in use end, Unix time, by the settings that name their files."""
        for setting, end in ends.items():
            self._expiry.labels(setting).set(end)

    def undecided(self, cause: Cause) -> None:
        """Count a request that could not be decided."""
        self._undecided.labels(cause.value).inc()

    def time_decision(self) -> AbstractContextManager[object]:
        """Measures one decision."""
        return self._seconds.time()


def _rules(policy: Policy) -> Collection[_AppRule]:
    """All apps and rules that a decision by this policy can have as labels."""
    return {
        (app, rule)
        for document in policy.documents
        for app in [str(app) for app in document.apps] or ["other"]
        for rule in ["", *(rule.id for rule in document.rules)]
    }


def _verdict(allowed: bool) -> str:
    return "allow" if allowed else "refuse"
