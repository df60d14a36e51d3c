"""What one decision costs: by the number of words and of rules, side by side in one run.

.venv/bin/python benchmarks/engine.py [--decisions 5000]
"""

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from turns import measure

from decider.policy.engine import decide
from decider.policy.expression import Variables
from decider.policy.loader import load_policy
from decider.policy.policy import Policy
from decider.v1 import decider_pb2 as pb

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CONDITION = 'name.length > {n} + 200 && !("staff" in operator.lists)'
NAMES = (
    "Board games on Friday",
    "Sunday photo walk by the river",
    "Клуб любителей книг",
    "周末爬山",
    "Café ☕ morning",
)


def make_policy(folder: Path, words: int, rules: int) -> Policy:
    """A policy with that many random words, in five lists, and that many rules, none of which matches."""
    source = random.Random(words)
    folder.mkdir(parents=True, exist_ok=True)
    lists = ["  staff: {kind: ids, entries: [leckie]}"]
    for number in range(5):
        entries = {"".join(source.choices(LETTERS, k=source.randint(6, 12))) for _ in range(words // 5)}
        (folder / f"words{number}.txt").write_text("\n".join(sorted(entries)))
        lists.append(f"  words{number}: {{kind: words, file: words{number}.txt}}")
    conditions = [f"'\"words{n}\" in name.lists'" if n < 5 else f"'{CONDITION.format(n=n)}'" for n in range(rules)]
    body = [f"  - {{id: rule{n}, when: {condition}, refuse: {{}}}}" for n, condition in enumerate(conditions)]
    (folder / "policy.yaml").write_text("\n".join(["version: 1", "lists:", *lists, "rules:", *body, ""]))
    return load_policy(folder)


def decision(policy: Policy, name: str) -> Callable[[], object]:
    """One decision, as a call."""
    request = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="someone", topic_name=name)
    return lambda: decide(policy, request, NOW)


def expressions(policy: Policy, name: str, count: int) -> Callable[[], object]:
    """The last conditions of a policy, evaluated and nothing else, as a call."""
    request = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="someone", topic_name=name)
    assert policy.default is not None
    facts = policy.default.lists.facts(request)
    activation = policy.language.bind(Variables(request, facts.operator, facts.name, facts.client, NOW))
    conditions = [rule.condition for rule in policy.default.rules[-count:] if rule.condition]
    return lambda: [condition.holds(activation) for condition in conditions]


def show(title: str, times: Sequence[float]) -> float:
    """Print median and 99th percentile in µs; returns the median in µs."""
    median, p99 = statistics.median(times) * 1e6, statistics.quantiles(times, n=100)[98] * 1e6
    print(f"{title:44} median {median:8.1f} µs   p99 {p99:8.1f} µs")
    return median


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=5000)
    rounds = parser.parse_args().decisions
    with tempfile.TemporaryDirectory() as folder:
        sizes = {(words, rules): Path(folder) / f"{words}-{rules}" for words, rules in SIZES}
        policies = {size: make_policy(path, *size) for size, path in sizes.items()}
        medians = {}
        for name in NAMES:
            print(f"\n{name}")
            calls = [decision(policy, name) for policy in policies.values()]
            times = measure([*calls, expressions(policies[1000, 50], name, 45)], rounds)
            for (words, rules), taken in zip(policies, times, strict=False):
                medians[words, rules] = show(f"{rules} rules, {words:,} words", taken)
            alone = show("45 expressions alone", times[-1])
            more = medians[1000, 50] - medians[1000, 5]
            print(f"1,000 -> 100,000 words costs x{medians[100_000, 50] / medians[1000, 50]:.2f}")
            print(f"5 -> 50 rules costs {more:.1f} µs more: x{more / alone:.2f} of the 45 expressions alone")


SIZES = ((1000, 5), (1000, 50), (100_000, 50))

if __name__ == "__main__":
    main()
