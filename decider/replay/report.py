"""What came of a replay: for people, and as JSON for programs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from decider.replay.differences import Change, Differences, Outcome
from decider.replay.journals import Decided, Journals


@dataclass(frozen=True, slots=True)
class Report:
    """The differences that one policy makes to some journals."""

    journals: Journals
    differences: Differences

    @property
    def turned(self) -> float:
        """The share of decisions that get another verdict, in percent."""
        return 100.0 * self.differences.turned() / max(1, self.differences.decided)

    def text(self) -> str:
        """Every kind of change with its examples, most first; and what to bear in mind."""
        return "\n".join([self._summary(), *self._changes(), *self._notes()])

    def _summary(self) -> str:
        differences = self.differences
        otherwise = sum(change.count for change in differences.changes.values())
        return (
            f"{differences.decided:,} decisions replayed by revision {differences.policy.revision}: "
            f"{otherwise:,} come out otherwise, {differences.turned():,} of them with another verdict "
            f"({self.turned:.2f}%)"
        )

    def _changes(self) -> Iterator[str]:
        for change in self._ordered():
            yield f"\n{change.count:,}: {_said(change.before)} -> {_said(change.after)}"
            yield from (f"  {_example(example)}" for example in change.examples)

    def _ordered(self) -> list[Change]:
        return sorted(self.differences.changes.values(), key=lambda change: (not change.turns_verdict, -change.count))

    def _notes(self) -> Iterator[str]:
        for reason, count in sorted(self.journals.left_out.items()):
            yield f"\nleft out: {count:,} {reason}"
        if self.journals.masked:
            masked = f"{self.journals.masked:,} have a masked user id"
            yield f"\n{masked}: rules that ask who it is decide otherwise than then"
        if self.differences.policy.has_limits:
            yield "\nlimits began with nothing used: for one window they admit more than they did then"

    def json(self) -> str:
        """The same as JSON."""
        differences = self.differences
        return json.dumps(
            {
                "policy_revision": differences.policy.revision,
                "decisions": differences.decided,
                "turned": differences.turned(),
                "changes": [
                    {
                        "count": change.count,
                        "before": _fields(change.before),
                        "after": _fields(change.after),
                        "examples": [example.place for example in change.examples],
                    }
                    for change in self._ordered()
                ],
                "left_out": dict(self.journals.left_out),
                "masked": self.journals.masked,
            },
            ensure_ascii=False,
            indent=2,
        )


def _said(outcome: Outcome) -> str:
    if outcome.effect is None:
        return f"could not be decided: {outcome.error}"
    by = outcome.rule_id or "the default"
    return f"allowed by {by}" if outcome.effect.allowed else f"refused by {by} with code {outcome.effect.code}"


def _fields(outcome: Outcome) -> dict[str, object]:
    code = outcome.effect.code if outcome.effect else None
    return {"rule_id": outcome.rule_id, "verdict": outcome.verdict, "code": code, "error": outcome.error}


def _example(past: Decided) -> str:
    name = past.request.topic_name
    shown = name if len(name) <= 60 else f"{name[:59]}…"
    return f"{past.time.isoformat(timespec='seconds')} {past.request.operator_user_id} {shown!r} ({past.place})"
