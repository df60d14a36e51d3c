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


@pytest.mark.parametrize(
    "name", ["卡拉OK", "K歌", "T恤", "5G手机", "Tシャツ", "SNS마케팅", "K팝", "iPhone的", "kΩ", "10kΩ"]
)
def test_latin_beside_chinese_japanese_or_korean_is_not_mixed(name: str) -> None:
    assert not mixes_scripts(name)


@pytest.mark.parametrize("name", ["K歌 саsino", "кasino手", "Aб"])
def test_another_writing_system_in_such_a_word_is(name: str) -> None:
    assert mixes_scripts(name)


def test_a_direction_mark_makes_no_script() -> None:
    assert scripts("\u061c") == []
    assert scripts("a\u061c") == ["Latin"]
