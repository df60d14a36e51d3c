"""Whether memory stays flat: over a million decisions, and over 200 reloads.

.venv/bin/python benchmarks/memory.py [--decisions 1000000] [--reloads 200]
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from decider.background import in_background
from decider.policy.engine import decide
from decider.policy.loader import load_policy
from decider.v1 import decider_pb2 as pb

EXAMPLE = Path(__file__).parents[1] / "decider" / "example"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
NAMES = (
    "Board games on Friday",
    "Free crypto giveaway",
    "Клуб любителей книг",
    "周末爬山",
    "B\u043eard games",
    "x" * 200,
)


def resident() -> int:
    """Resident memory of this process, in KiB."""
    fields = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0])


def decisions(count: int) -> float:
    """Growth between a tenth of the decisions and the last, as a share."""
    policy = load_policy(EXAMPLE)
    start = 0
    for number in range(count):
        request = pb.DecideTopicCreationRequest(
            app_id=1400000000, operator_user_id=f"user_{number}", topic_name=f"{NAMES[number % 6]} {number}"
        )
        decide(policy, request, NOW)
        if number == count // 10:
            start = resident()
    return resident() / start - 1


def reloads(count: int) -> float:
    """Growth between a tenth of the reloads of a policy with 5,000 words and the last, as a share."""
    start = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(count):
            (folder / "words.txt").write_text("\n".join(f"word{number}x{word}" for word in range(5000)))
            (folder / "policy.yaml").write_text(
                "version: 1\nlists:\n  words: {kind: words, file: words.txt}\nrules:\n"
                "  - {id: words, when: '\"words\" in name.lists', refuse: {}}\n"
            )
            with in_background():  # as a running decider reloads
                policy = load_policy(folder)
            decide(policy, pb.DecideTopicCreationRequest(app_id=1, topic_name="x"), NOW)
            if number == count // 10:
                start = resident()
    return resident() / start - 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--reloads", type=int, default=200)
    given = parser.parse_args()
    print(f"{given.decisions:,} decisions: resident memory {decisions(given.decisions):+.2%} since a tenth of them")
    print(f"{given.reloads:,} reloads: resident memory {reloads(given.reloads):+.2%} since a tenth of them")


if __name__ == "__main__":
    main()
