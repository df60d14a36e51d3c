"""Warnings about what is allowed and hardly meant; errors about lists that are not there."""

from pathlib import Path

import pytest
from policies import write_policy

from decider.policy.loader import check_policy, load_policy
from decider.policy.problem import PolicyError

EXAMPLE = Path(__file__).parents[3] / "decider" / "example"
LISTS = "version: 1\nlists:\n  spam: {kind: words, entries: [casino]}\n  staff: {kind: ids, entries: [a]}\nrules:\n"
USED = '  - {id: s, when: \'"spam" in name.lists && "staff" in operator.lists\', refuse: {}}\n'
OPEN = "  - {id: o, when: size(name.lists) > 0, refuse: {}}\n"
SAME = "  - {id: a, when: name.invisible, allow: {}}\n  - {id: b, when: name.invisible, refuse: {}}\n"


LIMITED = "version: 1\nrules:\n  - {id: a, limit: {count: 1, per: 1d, key: request.client_ip}, refuse: {}}\n"
RULES = "version: 1\nrules:\n  - {{id: a, when: {}, refuse: {{}}}}\n  - {{id: b, when: {}, refuse: {{}}}}\n"


def warnings(policy: Path) -> list[str]:
    return [str(warning) for warning in check_policy(policy)[1]]


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
    "a rule with a limit hides nothing": (LIMITED + "  - {id: b, when: name.invisible, refuse: {}}\n", []),
    "a limit behind which nothing is allowed": (
        LIMITED + "default: refuse\n",
        ['policy.yaml:3:13: rule "a": nothing after it allows a request, so its limit is never used'],
    ),
    "a limit behind which one rule allows": (
        LIMITED + "  - {id: b, when: name.invisible, allow: {}}\ndefault: refuse\n",
        [],
    ),
    "a limit's word in a message without one": (
        "version: 1\nrules:\n  - {id: a, when: name.invisible, refuse: {message: 'in {retry_after}'}}\n",
        ['policy.yaml:3:53: rule "a": only in a rule with `limit` do words in braces stand for something'],
    ),
    "a list that only a limit's key asks for": (
        "version: 1\nlists:\n  staff: {kind: ids, entries: [a]}\nrules:\n"
        "  - {id: a, limit: {count: 1, per: 1d, key: 'string(\"staff\" in operator.lists)'}, refuse: {}}\n",
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
        ["policy.yaml:3:58: list \"spam\": `except` excuses 'Casino' as it is written: it only matches in disguise"],
    ),
    "an entry that except excuses in another spelling": (
        LISTS.replace("[casino]", "[free money, poker], except: [rest, FREE-MONEY]") + USED,
        [
            "policy.yaml:3:68: list \"spam\": `except` excuses 'free money' as it is written: "
            "it only matches in disguise"
        ],
    ),
    "a phrase around an entry, or a part of one, excuses not all of it": (
        LISTS.replace("[casino]", "[casino, big win], except: [casino royale, win]") + USED,
        [],
    ),
    "an entry that counts within words, and not as one": (
        LISTS.replace("words, entries: [casino]", "words, match: anywhere, entries: [cas], except: [cas]") + USED,
        [],
    ),
    "within words, where a language has no space between them": (
        LISTS.replace("words, entries: [casino]", "words, match: anywhere, entries: [赌场], except: [赌场]") + USED,
        ["policy.yaml:3:64: list \"spam\": `except` excuses '赌场' as it is written: it only matches in disguise"],
    ),
    "a part of a condition that is always or never true": (
        "version: 1\nrules:\n  - id: a\n    when: |\n      name.invisible\n      || name.length > 1000\n"
        "      || (name.length > 0 && request.signed)\n    refuse: {}\n",
        ['policy.yaml:6:10: rule "a": this part of the condition is never true',
         'policy.yaml:7:11: rule "a": this part of the condition is always true'],
    ),
    "a rule whose condition implies an earlier one": (
        RULES.format("name.length > 50", "name.length > 60"),
        ['policy.yaml:4:10: rule "b": never reached: rule "a" before it always decides first'],
    ),
    "a rule that others leave nothing": (
        RULES.format("name.length > 50", "name.length < 40") + "  - {id: c, when: name.length != 45, refuse: {}}\n"
        "  - {id: d, when: 'name.length in [3, 44, 77]', refuse: {}}\n",
        ['policy.yaml:6:10: rule "d": never reached: rule "c" before it always decides first'],
    ),
    "a rule that others leave nothing only together": (
        RULES.format("name.length > 50", "name.length < 40")
        + "  - {id: c, when: 'name.length in [30, 60]', refuse: {}}\n",
        ['policy.yaml:5:10: rule "c": never reached: the rules before it, taken together, always decide first'],
    ),
    "a rule in shadow is tried like any other, and hides none": (
        RULES.format("name.length > 50", "name.length > 60").replace("{id: b,", "{id: b, shadow: true,")
        + "  - {id: c, shadow: true, when: name.invisible, refuse: {}}\n"
        + "  - {id: d, when: name.invisible, refuse: {}}\n",
        ['policy.yaml:4:10: rule "b": never reached: rule "a" before it always decides first'],
    ),
    "a rule that some requests reach": (RULES.format("name.length > 60", "name.length > 50"), []),
    "a condition that always fails": (
        "version: 1\nrules:\n  - {id: a, when: 1 / 0 == 1, refuse: {}}\n",
        ['policy.yaml:3:19: rule "a": the condition fails for every request: divide by zero'],
    ),
    "another app's rule": (
        "version: 1\napps: [7]\nrules:\n  - {id: a, when: request.app_id == 8, refuse: {}}\n",
        ['policy.yaml:4:19: rule "a": the condition is never true'],
    ),
    "nothing": (LISTS + USED, []),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WARNINGS.values(), ids=WARNINGS.keys())
def test_what_is_hardly_meant_is_warned_about(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert warnings(write_policy(tmp_path, text)) == expected


def test_a_list_that_a_comment_mentions_is_not_asked_for(tmp_path: Path) -> None:
    condition = '// not "spam" in name.lists\n      name.folded == "http://" // nor "other" in name.lists\n'
    assert warnings(write_policy(tmp_path, LISTS + f"  - id: s\n    when: |\n      {condition}    refuse: {{}}\n")) == [
        'policy.yaml:3:3: list "spam": no rule asks for it',
        'policy.yaml:4:3: list "staff": no rule asks for it',
    ]


def test_an_app_with_a_document_of_its_own_never_comes_to_the_default(tmp_path: Path) -> None:
    text = "version: 1\nrules:\n  - {id: a, when: request.app_id == 7, refuse: {}}\n"
    policy = write_policy(tmp_path, text, own__yaml="version: 1\napps: [7]\n")
    assert warnings(policy) == ['policy.yaml:3:19: rule "a": the condition is never true']


def test_the_example_has_no_warnings() -> None:
    assert warnings(EXAMPLE) == []


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
