"""Length and scripts of a name."""

import pytest

from decider.policy.names import length, mixes_scripts, scripts


@pytest.mark.parametrize(
    ("name", "count"), [("abc", 3), ("é", 1), ("👨‍👩‍👧‍👦", 1), ("🇫🇷", 1), ("हिन्दी", 2), ("한국", 2)]
)
def test_length_counts_what_a_reader_counts(name: str, count: int) -> None:
    assert length(name) == count


@pytest.mark.parametrize(
    ("name", "found"), [("abc", ["Latin"]), ("Мир abc", ["Cyrillic", "Latin"]), ("赌场", ["Han"]), ("123 🎰", [])]
)
def test_scripts_are_named_in_order(name: str, found: list[str]) -> None:
    assert scripts(name) == found


@pytest.mark.parametrize(
    ("name", "mixed"), [("саsino", True), ("Мир abc", False), ("東京タワー", False), ("IT-мир", False)]
)
def test_only_a_word_of_two_writing_systems_is_mixed(name: str, mixed: bool) -> None:
    assert mixes_scripts(name) is mixed
