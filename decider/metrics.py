"""What the decider counts, for Prometheus. No label takes a value that a caller chooses."""

from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from decider.policy.course import Conclusion, Course
from decider.undecided import Cause

_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


class Metrics:
    """The decider's metrics in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._decisions = Counter(
            "decider_decisions",
            "Decisions by policy document, deciding rule (empty: the default) and verdict.",
            ["document", "rule", "verdict"],
            registry=registry,
        )
        self._shadow = Counter(
            "decider_shadow_outcomes",
            "Rules in shadow that matched or could not be evaluated, by what they would have done.",
            ["document", "rule", "outcome"],
            registry=registry,
        )
        self._undecided = Counter(
            "decider_undecided", "Requests that could not be decided, by cause.", ["cause"], registry=registry
        )
        self._seconds = Histogram(
            "decider_decision_seconds", "Time to decide one request.", buckets=_BUCKETS, registry=registry
        )
        self._candidate = Counter(
            "decider_candidate_outcomes",
            "What the candidate policy would have done beside the policy in use: same, allow, refuse or error.",
            ["rule", "candidate_rule", "outcome"],
            registry=registry,
        )
        self._limits = Counter(
            "decider_limit_lookups",
            "Limits of rules that decisions asked for, by what was found: room, full or unknown.",
            ["document", "rule", "outcome"],
            registry=registry,
        )
        self.repeated = Counter(
            "decider_repeated", "Requests that were repeated and got their recorded decision.", registry=registry
        )
        self._store_seconds = Histogram(
            "decider_limits_store_seconds", "Time of calls to the store of limits.", buckets=_BUCKETS, registry=registry
        )
        self._store_failures = Counter(
            "decider_limits_store_failures",
            "Calls to the store of limits that were not answered: timeout, error, or left_alone.",
            ["reason"],
            registry=registry,
        )
        self._store_left_alone = Gauge(
            "decider_limits_store_left_alone",
            "1 while the store of limits is left alone after repeated trouble.",
            registry=registry,
        )
        self._reloads = Counter(
            "decider_policy_reloads", "Policies loaded, by which and outcome.", ["which", "outcome"], registry=registry
        )
        self._reload_failed = Gauge(
            "decider_policy_reload_failed", "1 while a change on disk cannot be used.", ["which"], registry=registry
        )
        self._calls = Counter(
            "decider_calls",
            "Calls by caller (those that DECIDER_CALLERS names, the rest is other), taken or denied; without health.",
            ["caller", "outcome"],
            registry=registry,
        )
        self._tls_reloads = Counter("decider_tls_reloads", "Certificates renewed.", ["outcome"], registry=registry)
        self._tls_reload_failed = Gauge(
            "decider_tls_reload_failed", "1 while the TLS files on disk cannot be used.", registry=registry
        )
        self.journal_written = Counter("decider_journal_written", "Lines written to the journal.", registry=registry)
        self.journal_lost = Counter(
            "decider_journal_lost", "Journal lines lost, by reason.", ["reason"], registry=registry
        )
        self.journal_queue = Gauge("decider_journal_queue", "Lines that wait to be written.", registry=registry)
        self._shed = Counter(
            "decider_shed",
            "Calls that were not worked on, by reason.",
            ["reason"],
            registry=registry,
        )
        for reason in ("time", "batches", "streams"):
            self._shed.labels(reason)
        for cause in Cause:
            self._undecided.labels(cause.value)
        for reason in ("timeout", "error", "left_alone"):
            self._store_failures.labels(reason)

    def decided(self, course: Course, conclusion: Conclusion) -> None:
        """Count a decision, what the rules in shadow would have done, and what limits had to say."""
        document = course.document
        self._decisions.labels(document, conclusion.rule_id, _verdict(conclusion.effect.allowed)).inc()
        for found in conclusion.shadow:
            outcome = _verdict(found.effect.allowed) if found.effect else "error"
            self._shadow.labels(document, found.rule_id, outcome).inc()
        for limit in conclusion.limits:
            said = "room" if limit.usage else "unknown"
            self._limits.labels(document, limit.rule_id, "full" if limit.usage and limit.usage.full else said).inc()

    def compared(self, rule: str, candidate_rule: str, outcome: str) -> None:
        """Count what the candidate policy would have done."""
        self._candidate.labels(rule, candidate_rule, outcome).inc()

    def reloaded(self, which: str, outcome: str) -> None:
        """Count a policy that was loaded, or could not be: `changed`, `unchanged` or `failed`."""
        self._reloads.labels(which, outcome).inc()
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

    def shed(self, reason: str) -> None:
        """Count a call that was not worked on: `time`, `batches` or `streams`."""
        self._shed.labels(reason).inc()

    def tls_reloaded(self, outcome: str) -> None:
        """Count TLS files that were read again: `changed`, `unchanged` or `failed`."""
        self._tls_reloads.labels(outcome).inc()
        self._tls_reload_failed.set(outcome == "failed")

    def undecided(self, cause: Cause) -> None:
        """Count a request that could not be decided."""
        self._undecided.labels(cause.value).inc()

    def time_decision(self) -> AbstractContextManager[object]:
        """Measures one decision."""
        return self._seconds.time()


def _verdict(allowed: bool) -> str:
    return "allow" if allowed else "refuse"
