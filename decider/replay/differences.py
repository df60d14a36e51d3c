"""Decides again what was decided, in order and each at its own time, and gathers what comes out otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from decider.limits.ledger import counter_of
from decider.limits.memory import MemoryStore
from decider.policy.engine import decide
from decider.policy.limit import Claim, Usage
from decider.policy.policy import Effect, Policy
from decider.replay.journals import Decided
from decider.undecided import Undecided
from decider.validation import validate

_PATIENCE = 60.0  # seconds; a store in memory needs none of them


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one policy made of a request: an effect and the rule behind it; without an effect, why there is none."""

    rule_id: str
    effect: Effect | None
    error: str = ""

    @property
    def verdict(self) -> str:
        """In one word."""
        if self.effect is None:
            return "undecided"
        return "allow" if self.effect.allowed else "refuse"


@dataclass(slots=True)
class Change:
    """The requests that went from one rule and verdict to another; a few of them as examples."""

    before: Outcome
    after: Outcome
    count: int = 0
    examples: list[Decided] = field(default_factory=list)

    @property
    def turns_verdict(self) -> bool:
        """Whether allowed became refused, or the other way; and not the code, the words or the rule alone."""
        return self.before.verdict != self.after.verdict


@dataclass(slots=True)
class Differences:
    """All that came out otherwise. `examples`: how many to keep of each kind of change."""

    policy: Policy
    examples: int
    decided: int = 0
    changes: dict[tuple[str, str, str, str], Change] = field(default_factory=dict)

    def replay(self, journal: Iterable[Decided]) -> None:
        """Decide everything again. Limits begin with nothing used, and count what is allowed now."""
        ledger = ReplayedLedger()
        for past in journal:
            self.decided += 1
            after = self._decide(past, ledger)
            before = Outcome(past.rule_id, past.effect)
            if after.effect != before.effect:
                self._add(past, before, after)

    def turned(self) -> int:
        """How many requests got another verdict."""
        return sum(change.count for change in self.changes.values() if change.turns_verdict)

    def _decide(self, past: Decided, ledger: "ReplayedLedger") -> Outcome:
        ledger.turn_to(past.request.app_id, past.time)
        try:
            validate(past.request)
            conclusion = decide(self.policy, past.request, past.time, ledger).conclusion
        except Undecided as undecided:
            return Outcome(undecided.rule_id, None, undecided.message)
        return Outcome(conclusion.rule_id, conclusion.effect)

    def _add(self, past: Decided, before: Outcome, after: Outcome) -> None:
        key = (before.rule_id, before.verdict, after.rule_id, after.verdict)
        change = self.changes.setdefault(key, Change(before, after))
        change.count += 1
        if len(change.examples) < self.examples:
            change.examples.append(past)


class ReplayedLedger:
    """Counts in memory, by the time of what is replayed.

    That time never goes back: the lines of a journal stand in the order in which decisions were finished.
    """

    def __init__(self) -> None:
        self._app_id = 0
        self._now = 0.0
        self._store = MemoryStore(lambda: self._now)

    def turn_to(self, app_id: int, time: datetime) -> None:
        """Go on to the app and the time of a decision."""
        self._app_id = app_id
        self._now = max(self._now, time.timestamp())

    def settle(self, claims: Sequence[Claim], *, take: bool) -> Sequence[Usage]:
        """See the engine's Ledger."""
        counters = [counter_of(self._app_id, claim) for claim in claims]
        return self._store.settle(counters, None, take=take, deadline=monotonic() + _PATIENCE).usages
