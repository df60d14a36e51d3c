"""Properties of deciding: only order chooses among matches, and every process decides alike."""

import json
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
from policies import NOON, request
from processes import ROOT, TIMEOUT

from decider.policy.engine import decide
from decider.policy.expression import Language
from decider.policy.facts import Lists
from decider.policy.loader import load_policy
from decider.policy.outcomes import outcomes
from decider.policy.policy import Document, Effect, Policy, Rule
from decider.policy.words import WordIndex

LANGUAGE = Language()
# Which of them match is known: the name has nine characters.
CONDITIONS = {"true": True, "name.length == 9": True, "name.length > 9": False, "name.invisible": False}
COMPILED = {text: LANGUAGE.compile(text) for text in CONDITIONS}
EXAMPLE = ROOT / "decider" / "example"


def policy_of(rules: list[Rule]) -> Policy:
    lists = Lists(order=[], ids=[], networks=[], words=WordIndex([]))
    document = Document("p.yaml", (), lists, (), rules, Effect(allowed=True))
    return Policy("r", [document], {}, document, LANGUAGE)


RULES = st.lists(st.tuples(st.sampled_from(sorted(CONDITIONS)), st.booleans(), st.integers(10100, 10200)), max_size=12)


@given(RULES)
@settings(max_examples=200, deadline=None)
def test_the_first_enforced_match_decides_whatever_the_others_are(drawn: list[tuple[str, bool, int]]) -> None:
    rules = [
        Rule(f"r{number}", COMPILED[text], Effect(allowed=False, code=code), shadow)
        for number, (text, shadow, code) in enumerate(drawn)
    ]
    decision = decide(policy_of(rules), request("something"), NOON)
    matches = [rule for rule, (text, _, _) in zip(rules, drawn, strict=True) if CONDITIONS[text]]
    first = next((rule for rule in matches if not rule.shadow), None)
    assert decision.conclusion.rule_id == (first.id if first else "")
    assert decision.conclusion.effect == (first.effect if first else Effect(allowed=True))
    reached = rules[: rules.index(first)] if first else rules
    watched = [rule.id for rule in matches if rule.shadow and rule in reached]
    assert [found.rule_id for found in decision.conclusion.shadow] == watched
    assert [found.rule for found in outcomes(decision)] == rules


NAMES = [
    "Board games",
    "Free crypto giveaway",
    "聊聊赌场",
    "B\u043eard games",
    "Chess\u200bclub",
    "rules",
    "x" * 60,
    "ﷺ" * 5,
]
PROGRAM = """
import json, sys
from pathlib import Path
sys.path.insert(0, "tests/support")
from policies import NOON, request
from decider import messages
from decider.policy.engine import decide
from decider.policy.loader import load_policy
policy = load_policy(Path("decider/example"))
answers = [messages.explained(decide(policy, request(name), NOON)) for name in json.loads(sys.argv[1])]
print([answer.SerializeToString(deterministic=True).hex() for answer in answers])
"""


def test_every_process_decides_alike() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(NAMES)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_deciding_changes_nothing() -> None:
    policy = load_policy(EXAMPLE)
    first = [decide(policy, request(name), NOON).conclusion.effect for name in NAMES]
    for _ in range(20):
        assert [decide(policy, request(name), NOON).conclusion.effect for name in NAMES] == first
