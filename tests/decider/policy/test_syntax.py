"""Conditions as trees."""

import pytest

from decider.policy.expression import Language
from decider.policy.syntax import Expr, Kind, Type

LANGUAGE = Language()


def tree(text: str) -> Expr:
    return LANGUAGE.compile(text).syntax()


def parts(expr: Expr) -> list[Expr]:
    return [expr, *(part for arg in expr.args for part in parts(arg))]


def test_a_call_has_its_function_its_overload_and_its_arguments() -> None:
    found = tree("name.length > -50")
    assert (found.kind, found.label, found.overload, found.type) == (
        Kind.CALL,
        ("_>_", False),
        "greater_int64",
        Type.BOOL,
    )
    length, number = found.args
    assert (length.kind, length.label, length.type, length.args[0].label) == (Kind.FIELD, "length", Type.INT, "name")
    assert (number.kind, number.label, number.type) == (Kind.CONSTANT, -50, Type.INT)


@pytest.mark.parametrize(
    ("text", "label", "type_"),
    [
        ("true == request.signed", True, Type.BOOL),
        ("false == request.signed", False, Type.BOOL),
        ("Platform.PLATFORM_WEB == request.platform", 2, Type.INT),
        ("-9223372036854775808 == request.app_id", -(2**63), Type.INT),
        ("9223372036854775807 == request.app_id", 2**63 - 1, Type.INT),
        ("0 == request.app_id", 0, Type.INT),
        ("'' == request.topic_name", "", Type.STRING),
        ("'赌\"场' == request.topic_name", '赌"场', Type.STRING),
    ],
)
def test_constants_have_their_value(text: str, label: object, type_: Type) -> None:
    constant = tree(text).args[0]
    assert (constant.kind, constant.label, constant.type) == (Kind.CONSTANT, label, type_)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("name.invisible", "  name . invisible", True),
        ("name.lists.exists(x, x == 'a')", "name.lists.exists( x, x == 'a' )", True),
        ("name.lists.exists(x, x == 'a')", "name.lists.exists(x, x == 'b')", False),
        ("name.lists.exists(x, x == 'a')", "name.lists.all(x, x == 'a')", False),
        ("has(request.event_time)", "request.signed", False),
        ("request.signed == true", "request.signed == false", False),
        ("1.5 < double(name.length)", "2.5 < double(name.length)", False),
        ("[1, 2] == [1, 2]", "[1, 2] == [1]", False),
    ],
)
def test_trees_are_equal_where_they_say_the_same(one: str, other: str, equal: bool) -> None:
    assert (tree(one) == tree(other)) is equal


def test_every_part_knows_where_its_text_begins() -> None:
    text = 'name.length > 5 ||\n  ("赌场" in name.lists && !request.signed)'
    starts = {text[part.start :].split("\n")[0] for part in parts(tree(text)) if part.kind is Kind.CALL}
    assert starts == {"name.length > 5 ||", '"赌场" in name.lists && !request.signed)', "!request.signed)"}
