"""What `send` tells: one reply, or a summary of many."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapter.send import Reply
from adapter.vendor.answer import Answer

_PERCENTILES = (50, 90, 99)


def describe(reply: Reply) -> str:
    """Return one reply for a person to read."""
    return f"{_verdict(reply)}\n{reply.raw}\n{reply.seconds * 1000:.1f} ms".replace("\n\n", "\n")


def _verdict(reply: Reply) -> str:
    match reply.answer:
        case None:
            return f"webhook failure: {reply.failure}; by the vendor's default, the topic is created"
        case Answer(code=0):
            return "allowed"
        case Answer(code=1, message=message):
            return f"refused with code 1 (the user sees 10016){': ' if message else ''}{message}"
        case Answer(code=code, message=message):
            return f"refused with code {code}: {message}"


def reply_fields(reply: Reply) -> dict[str, Any]:
    """Return one reply for a program to read."""
    answer = reply.answer
    return {
        "verdict": "failure" if answer is None else "refused" if answer.code else "allowed",
        "code": answer.code if answer else None,
        "message": answer.message if answer else None,
        "failure": reply.failure or None,
        "ms": _ms(reply.seconds),
        "raw": reply.raw,
    }


@dataclass(frozen=True, slots=True)
class Summary:
    """Many replies and how long they took together."""

    replies: Sequence[Reply]
    seconds: float

    @property
    def failures(self) -> Counter[str]:
        """Webhook failures by kind."""
        return Counter(reply.failure for reply in self.replies if reply.answer is None)

    @property
    def answers(self) -> Counter[Answer]:
        """Answers by code and message."""
        return Counter(reply.answer for reply in self.replies if reply.answer is not None)

    @property
    def rate(self) -> float:
        """Replies a second."""
        return len(self.replies) / self.seconds if self.seconds else 0.0

    def latency(self) -> dict[str, float]:
        """Return milliseconds, failures included: the least, the nearest-rank percentiles, the most."""
        ordered = sorted(reply.seconds for reply in self.replies)
        if not ordered:
            return {}
        ranks = {f"p{p}": math.ceil(len(ordered) * p / 100) - 1 for p in _PERCENTILES}
        return {name: _ms(ordered[rank]) for name, rank in {"min": 0, **ranks, "max": -1}.items()}

    def fields(self) -> dict[str, Any]:
        """Return the summary for a program to read."""
        answers = sorted(self.answers.items(), key=lambda item: (item[0].code, item[0].message))
        return {
            "sent": len(self.replies),
            "seconds": round(self.seconds, 3),
            "rate": round(self.rate, 1),
            "answers": [{"code": a.code, "message": a.message, "count": count} for a, count in answers],
            "failures": dict(self.failures.most_common()),
            "latency_ms": self.latency(),
        }

    def __str__(self) -> str:
        """Return the summary for a person to read."""
        fields = self.fields()
        lines = [f"sent {fields['sent']} in {fields['seconds']} s ({fields['rate']}/s)"]
        lines += [f"{a['count']:>8}  code {a['code']}  {a['message']}".rstrip() for a in fields["answers"]]
        lines += [f"{count:>8}  webhook failure: {kind}" for kind, count in fields["failures"].items()]
        if fields["failures"]:
            lines.append("By the vendor's default, the topic of a webhook that failed is created.")
        return "\n".join([*lines, "ms: " + "  ".join(f"{k} {v}" for k, v in fields["latency_ms"].items())])


def as_json(fields: dict[str, Any]) -> str:
    """Return fields as one line of JSON."""
    return json.dumps(fields, ensure_ascii=False)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
