"""Warnings about what is allowed and hardly meant; errors about lists that are not there."""

from pathlib import Path

import pytest
from policies import write_policy

from decider.policy.loader import load_policy
from decider.policy.problem import PolicyError

EXAMPLE = Path(__file__).parents[3] / "decider" / "example"
LISTS = "version: 1\nlists:\n  spam: {kind: words, entries: [casino]}\n  staff: {kind: ids, entries: [a]}\nrules:\n"
USED = '  - {id: s, when: \'"spam" in name.lists && "staff" in operator.lists\', refuse: {}}\n'
OPEN = "  - {id: o, when: size(name.lists) > 0, refuse: {}}\n"
SAME = "  - {id: a, when: name.invisible, allow: {}}\n  - {id: b, when: name.invisible, refuse: {}}\n"

WARNINGS = {
    "a rule after one without a condition": (
        "version: 1\nrules:\n  - {id: all, allow: {}}\n  - {id: late, when: name.invisible, refuse: {}}\n",
        ['policy.yaml:4:10: rule "late": never reached: rule "all" before it always decides first'],
    ),
    "a rule after one that is always true": (
        "version: 1\nrules:\n  - {id: all, when: 1 < 2, allow: {}}\n  - {id: late, refuse: {}}\n",
        ['policy.yaml:3:21: rule "all": the condition is always true',
         'policy.yaml:4:10: rule "late": never reached: rule "all" before it always decides first'],
    ),
    "a rule with the condition of an earlier one": (
        "version: 1\nrules:\n" + SAME,
        ['policy.yaml:4:10: rule "b": never reached: rule "a" before it always decides first'],
    ),
    "a rule in shadow hides nothing": (
        "version: 1\nrules:\n  - {id: a, shadow: true, refuse: {}}\n  - {id: b, when: name.invisible, refuse: {}}\n",
        [],
    ),
    "a condition that is never true": (
        "version: 1\nrules:\n  - {id: a, when: '\"name\" == \"x\"', refuse: {}}\n",
        ['policy.yaml:3:19: rule "a": the condition is never true'],
    ),
    "a list that nobody asks for": (
        LISTS + "  - {id: s, when: '\"spam\" in name.lists', refuse: {}}\n",
        ['policy.yaml:4:3: list "staff": no rule asks for it'],
    ),
    "lists that are asked for together": (LISTS + OPEN + USED, []),
    "a list without entries": (
        "version: 1\nlists:\n  staff: {kind: ids, entries: []}\nrules:\n"
        "  - {id: s, when: '\"staff\" in operator.lists', allow: {}}\n",
        ['policy.yaml:3:3: list "staff": it has no entries'],
    ),
    "an entry that its list's except excuses": (
        LISTS.replace("[casino]", "[Casino, poker], except: [CASINO, casino royale]") + USED,
        ["policy.yaml:3:57: list \"spam\": 'Casino' never matches: `except` excuses it"],
    ),
    "nothing": (LISTS + USED, []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_is_hardly_meant_is_warned_about(tmp_path: Path, text: str, expected: list[str]) -> None:
    policy = load_policy(write_policy(tmp_path, text))
    assert [str(warning) for document in policy.documents for warning in document.warnings] == expected


def test_the_example_has_no_warnings() -> None:
    assert [warning for document in load_policy(EXAMPLE).documents for warning in document.warnings] == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('"spma" in name.lists', 'policy.yaml:6:20: rule "s": there is no list "spma"; did you mean "spam"?'),
        ('"nothing" in name.lists', 'policy.yaml:6:20: rule "s": there is no list "nothing"'),
        (
            'name.length > 1 && "spam" in operator.lists',
            'policy.yaml:6:39: rule "s": the list "spam" is of kind words: it is in name.lists',
        ),
        (
            '"staff" in client.lists',
            'policy.yaml:6:20: rule "s": the list "staff" is of kind ids: it is in operator.lists',
        ),
    ],
)
def test_a_list_that_is_not_there_is_an_error(tmp_path: Path, condition: str, expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write_policy(tmp_path, LISTS + f"  - {{id: s, when: '{condition}', refuse: {{}}}}\n"))
    assert [str(problem) for problem in caught.value.problems] == [expected]
