"""Whether a phrase is written plainly."""

import pytest

from decider.policy.words.plain import is_plainly


@pytest.mark.parametrize(
    ("phrase", "written", "plain"),
    [
        *(("Café", "ＣＡＦＥ", True), ("two words", "two-words", True), ("書", "书", True), ("ß", "SS", True)),
        *(("abc", "ab\u200bc", False), ("abc", "𝐚bc", False), ("abc", "ⓐbc", False), ("abc", "4bc", False)),
        *(("a\u200bbc", "a\u200bbc", True), ("4bc", "abc", False)),
    ],
)
def test_case_width_and_accents_do_not_matter_and_all_else_does(phrase: str, written: str, plain: bool) -> None:
    assert is_plainly(phrase, written) is plain
