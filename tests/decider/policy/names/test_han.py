"""Traditional and simplified Chinese."""

import pytest

from decider.policy.names.han import simplify


@pytest.mark.parametrize(
    ("written", "simplified"), [*zip("賭場開發髮東國图図戦着馬", "赌场开发发东国图图战着马", strict=True)]
)
def test_all_ways_to_write_a_character_lead_to_the_simplified_one(written: str, simplified: str) -> None:
    assert simplify(written) == simplified


def test_simplifying_again_changes_nothing() -> None:
    assert all(simplify(simplify(chr(code))) == simplify(chr(code)) for code in range(0x3400, 0x30000))
