"""Where the parts of a YAML document stand."""

import pytest

from decider.policy.problem import PolicyError
from decider.policy.source import parse


def place(text: str, loc: tuple[int | str, ...], line: int, column: int) -> tuple[int, int]:
    found = parse("p.yaml", text).problem_within(loc, line, column, "")
    return found.line, found.column


def test_scalars_stay_the_text_that_was_written() -> None:
    source = parse("p.yaml", "a: [0123, no, 1e5, 2026-01-01, '~', ~, null, '']\n")
    assert source.data == {"a": ["0123", "no", "1e5", "2026-01-01", "~", None, None, ""]}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert parse("p.yaml", "\ufeffa: b\n").problem(("a",), "").column == 4


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("k: name.x\n", 1, 5, (1, 8)),
        ("k: 'name.x'\n", 1, 5, (1, 9)),
        ('k: "name.x"\n', 1, 5, (1, 9)),
        ("k: 'it''s .x'\n", 1, 6, (1, 11)),
        ('k: "a\\"b.x"\n', 1, 4, (1, 9)),
        ("k: |\n  first\n  name.x\n", 2, 5, (3, 7)),
        ("k: |-\n    first\n      name.x\n", 2, 3, (3, 7)),
        ("k: >-\n  first\n  name.x\n", 1, 11, (3, 7)),
        ("k: first\n   name.x\n", 1, 11, (2, 8)),
        ("k: 名.x\n", 1, 2, (1, 5)),
    ],
)
def test_a_place_within_a_text_is_found_in_every_style(
    text: str, line: int, column: int, expected: tuple[int, int]
) -> None:
    assert place(text, ("k",), line, column) == expected


def test_a_place_past_the_end_is_the_end_of_the_text() -> None:
    assert place("k: ab\n", ("k",), 1, 99) == (1, 6)


def test_a_missing_part_is_shown_at_what_surrounds_it() -> None:
    problem = parse("p.yaml", "a:\n  b: 1\n").problem(("a", "c", 5), "missing")
    assert str(problem) == "p.yaml:2:3: missing"


def test_keys_stay_in_order_and_of_those_that_repeat_the_first_counts() -> None:
    source = parse("p.yaml", "b: 1\na: 2\nb: 3\n")
    assert list(source.data.items() if isinstance(source.data, dict) else ()) == [("b", "1"), ("a", "2")]
    assert [str(problem) for problem in source.problems] == ["p.yaml:3:1: the key `b` is there twice"]


def test_aliases_are_followed() -> None:
    assert parse("p.yaml", "a: &x [1, 2]\nb: *x\n").data == {"a": ["1", "2"], "b": ["1", "2"]}


def test_aliases_of_aliases_cannot_fill_the_memory() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(PolicyError, match="too large"):
        parse("p.yaml", "l0: &l0 [x]\n" + levels)
