"""What the decider counts, for Prometheus. No label takes a value that a caller chooses."""

from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from decider.policy.engine import Decision, Outcome
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
        for cause in Cause:
            self._undecided.labels(cause.value)

    def decided(self, decision: Decision) -> None:
        """Count a decision and what the rules in shadow would have done."""
        document = decision.document.path
        rule = decision.rule.id if decision.rule else ""
        self._decisions.labels(document, rule, _verdict(decision.effect.allowed)).inc()
        for found in decision.shadow:
            outcome = "error" if found.outcome is Outcome.ERROR else _verdict(found.rule.effect.allowed)
            self._shadow.labels(document, found.rule.id, outcome).inc()

    def compared(self, rule: str, candidate_rule: str, outcome: str) -> None:
        """Count what the candidate policy would have done."""
        self._candidate.labels(rule, candidate_rule, outcome).inc()

    def reloaded(self, which: str, outcome: str) -> None:
        """Count a policy that was loaded, or could not be: `changed`, `unchanged` or `failed`."""
        self._reloads.labels(which, outcome).inc()
        self._reload_failed.labels(which).set(outcome == "failed")

    def called(self, caller: str, *, allowed: bool) -> None:
        """Count a call; `caller` is one of few names."""
        self._calls.labels(caller, "taken" if allowed else "denied").inc()

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
