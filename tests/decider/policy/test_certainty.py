"""Conditions that are always or never true, and rules out of reach: what is said is so."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policies import write_policy

from decider.policy.engine import decide
from decider.policy.expression import EvaluationError, Language, Variables
from decider.policy.facts import Lists
from decider.policy.formula import Not, can_hold, formula
from decider.policy.loader import check_policy
from decider.policy.ranges import Ranges
from decider.policy.words import WordIndex
from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb
from decider.v1 import facts_pb2

LANGUAGE = Language()
RANGES = Ranges((), frozenset({7}))

ALWAYS_TRUE = [
    "name.length == name.length",
    "request.group_type == request.group_type || name.invisible",
    "name.length >= 0",
    "name.length > 0",
    "0 < name.length",
    "name.length <= 1000",
    "name.invisible || !name.invisible",
    "name.invisible ? true : !name.invisible",
    "request.signed == true || request.signed != true",
    "name.length < 10 || name.length > 5",
    "size(name.lists) >= 0",
    "request.app_id > 0",
    "request.app_id != 7",
    'now.getHours("Asia/Shanghai") < 24',
    "now.getDayOfWeek() in [0, 1, 2, 3, 4, 5, 6]",
    'request.topic_name != ""',
    "2 > 1 || name.invisible",
    'request.attributes["x"] == "1" || !(request.attributes["x"] == "1")',
    'name.lists.exists(l, l == "a") || !name.lists.exists(l, l == "a")',
]
NEVER_TRUE = [
    "request.app_id > request.app_id",
    "request.group_type != request.group_type",
    "name.length < 1",
    "name.length > 1000",
    "size(request.topic_name) > 1001",
    "request.topic_name.size() == 0",
    "name.length > 50 && name.length < 10",
    "name.length > 50 && name.length < 52 && name.length != 51",
    "name.invisible && !name.invisible",
    "request.platform == Platform.PLATFORM_WEB && request.platform == Platform.PLATFORM_IOS",
    'request.group_type == "a" && request.group_type == "b"',
    'request.group_type in ["a", "b"] && request.group_type in ["c"]',
    '"spam" in name.lists && !("spam" in name.lists)',
    "request.app_id == 7",
    "request.app_id in [7]",
    'now.getHours("Asia/Shanghai") > 23',
    "now.getHours() < 6 && now.getHours() > 22",
    'request.operator_user_id == ""',
    'name.folded == "Casino"',
    'name.folded.contains("Casino")',
    '"latin" in name.scripts',
    "(name.invisible == name.mixed_scripts) != (name.mixed_scripts == name.invisible)",
    "request.signed ? !request.signed : request.signed",
    'int(request.attributes["x"]) > 5 && int(request.attributes["x"]) < 5',
]
NOT_CERTAIN = [
    "0.0 / 0.0 == 0.0 / 0.0",
    "name.length > 1",
    "name.length > 50 && name.length < 52",
    'request.group_type == "a" || request.group_type == "b"',
    'request.group_type == ""',
    "request.platform == 99",
    "request.app_id != 8",
    "request.app_id == 1",
    '"Latin" in name.scripts',
    'name.folded == "casino"',
    'name.folded.contains("casino")',
    'now.getHours("Asia/Shanghai") == 0 && now.getHours() == 16',
    "dyn(name.length) > 4.5 && dyn(name.length) < 5.5",
    "dyn(1.5) > 1 && dyn(1.5) < 2 && name.invisible",
    'request.attributes["x"] == "1"',
    "has(request.event_time)",
]


def certain(text: str) -> bool | None:
    asked = formula(LANGUAGE.compile(text).syntax())
    if not can_hold(asked, RANGES.values):
        return False
    return None if can_hold(Not(asked), RANGES.values) else True


@pytest.mark.parametrize(
    ("text", "expected"),
    [*((text, True) for text in ALWAYS_TRUE), *((text, False) for text in NEVER_TRUE)]
    + [(text, None) for text in NOT_CERTAIN],
)
def test_what_is_certain_is_found(text: str, expected: bool | None) -> None:
    assert certain(text) is expected


NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 9, 10, 1000, 1001])
COMPARISONS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
INTS = st.sampled_from(
    [
        "name.length",
        "size(request.topic_name)",
        "size(request.attributes)",
        "request.app_id",
        "request.platform",
        'now.getHours("Asia/Shanghai")',
        "now.getMonth()",
        "now.getDate()",
        "size(name.lists)",
        'int(request.attributes["x"])',
        "(name.length - 5)",
        "dyn(name.length)",
        "dyn(1.5)",
    ]
)
STRINGS = st.sampled_from(["request.group_type", "name.folded", "request.topic_name", 'request.attributes["x"]'])
TEXTS = st.sampled_from(["", "a", "A", "ab", "1"])
BOOLS = st.sampled_from(
    [
        "true",
        "false",
        "name.invisible",
        "request.signed",
        '"spam" in name.lists',
        '"Latin" in name.scripts',
        '"latin" in name.scripts',
        'name.folded.startsWith("A")',
        'request.topic_name.contains("a")',
        'name.lists.exists(each, each == "spam")',
    ]
)
ATOMS = st.one_of(
    BOOLS,
    st.builds("{} {} {}".format, INTS, COMPARISONS, NUMBERS),
    st.builds("{1} {2} {0}".format, INTS, NUMBERS, COMPARISONS),
    st.builds("{} in {}".format, INTS, st.lists(NUMBERS, min_size=1, max_size=3)),
    st.builds('{} {} "{}"'.format, STRINGS, st.sampled_from(["==", "!="]), TEXTS),
    st.builds('{} in ["{}", "{}"]'.format, STRINGS, TEXTS, TEXTS),
)


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} && {})".format, parts, parts),
        st.builds("({} || {})".format, parts, parts),
        st.builds("!({})".format, parts),
        st.builds("(({}) == ({}))".format, parts, parts),
        st.builds("({} ? {} : {})".format, parts, parts, parts),
    )


CONDITIONS = st.recursive(ATOMS, joined, max_leaves=6)
REQUESTS = st.builds(
    pb.DecideTopicCreationRequest,
    app_id=st.sampled_from([1, 2, 8, 9, 10, 1400000000]),
    operator_user_id=st.just("bob"),
    topic_name=st.text("aAb\u200b é1", min_size=1, max_size=12) | st.just("a" * 1000),
    group_type=st.sampled_from(["", "a", "ab", "Community"]),
    platform=st.sampled_from([*pb.Platform.values(), 99]),
    signed=st.booleans(),
    attributes=st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["", "1", "2", "a"])),
)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
NO_LISTS = Lists((), (), (), WordIndex([]))


def outcome(text: str, asked: pb.DecideTopicCreationRequest, now: datetime, name_lists: Sequence[str]) -> bool | None:
    """What CEL says; None if it fails."""
    facts = NO_LISTS.facts(asked)
    facts.name.lists.extend(name_lists)
    variables = Variables(asked, facts.operator, facts.name, facts.client, now)
    try:
        return LANGUAGE.compile(text).holds(LANGUAGE.bind(variables))
    except EvaluationError:
        return None


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, st.lists(st.tuples(REQUESTS, TIMES, st.sampled_from([(), ("spam",)])), min_size=1, max_size=15))
def test_no_request_contradicts_what_is_certain(
    text: str, asked: list[tuple[pb.DecideTopicCreationRequest, datetime, Sequence[str]]]
) -> None:
    said = certain(text)
    if said is not None:
        assert (not said) not in [outcome(text, *each) for each in asked]


FINITE = st.recursive(
    st.one_of(
        st.sampled_from(["name.invisible", "request.signed"]),
        st.builds("name.length {} {}".format, COMPARISONS, st.integers(-1, 8)),
        st.builds("name.length in {}".format, st.lists(st.integers(-1, 8), min_size=1, max_size=3)),
    ),
    joined,
    max_leaves=8,
)
UNIVERSE = [
    LANGUAGE.bind(
        Variables(
            pb.DecideTopicCreationRequest(signed=signed),
            facts_pb2.OperatorFacts(),
            facts_pb2.NameFacts(length=length, invisible=invisible),
            facts_pb2.ClientFacts(),
            datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
    for length, signed, invisible in itertools.product([*range(1, 11), 1000], (True, False), (True, False))
]


@settings(max_examples=400, deadline=None)
@given(FINITE)
def test_where_every_case_can_be_tried_nothing_certain_is_missed(text: str) -> None:
    condition = LANGUAGE.compile(text)
    outcomes = {condition.holds(each) for each in UNIVERSE}
    assert certain(text) is (outcomes.pop() if len(outcomes) == 1 else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(CONDITIONS, min_size=2, max_size=5), st.lists(st.tuples(REQUESTS, TIMES), min_size=1, max_size=15))
def test_a_rule_that_is_called_out_of_reach_never_decides(
    conditions: list[str], asked: list[tuple[pb.DecideTopicCreationRequest, datetime]]
) -> None:
    rules = "".join(f"  - {{id: r{index}, when: '{text}', refuse: {{}}}}\n" for index, text in enumerate(conditions))
    spam = "lists: {spam: {kind: words, entries: [ab]}}\n"
    with TemporaryDirectory() as folder:
        policy, warnings = check_policy(write_policy(Path(folder), "version: 1\n" + spam + "rules:\n" + rules))
    doomed = {each.message.split('"')[1] for each in warnings if "never" in each.message and "part" not in each.message}
    for one, now in asked:
        try:
            decision = decide(policy, one, now)
        except Undecided:
            continue
        assert decision.conclusion.rule_id not in doomed


def pigeons(count: int, holes: int) -> str:
    """Every pigeon is in a hole, and no two are in the same: never true where there are fewer holes."""

    def sits(pigeon: int, hole: int) -> str:
        return f'request.attributes["{pigeon}"] == "{hole}"'

    housed = [f"({' || '.join(sits(pigeon, hole) for hole in range(holes))})" for pigeon in range(count)]
    pairs = itertools.product(itertools.combinations(range(count), 2), range(holes))
    return " && ".join([*housed, *(f"!({sits(one, hole)} && {sits(two, hole)})" for (one, two), hole in pairs)])


def test_what_takes_too_long_to_work_out_is_let_be() -> None:
    assert certain(pigeons(3, 2)) is False
    assert certain(pigeons(7, 6)) is None


def test_a_condition_of_many_terms_is_let_be_or_worked_out() -> None:
    many = " || ".join(f'request.attributes["{number}"] == "1"' for number in range(500))
    assert certain(many) is None
    assert certain(f"({many}) && name.length < 1") is False
