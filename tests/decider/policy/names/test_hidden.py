"""What a name hides."""

import pytest

from decider.policy.names import hides_characters


@pytest.mark.parametrize(
    "name",
    [
        "sp\u200bam",
        "a\u00adb",
        "\u202espam",
        "a\ufe0fb",
        "a\U000e0041",
        "a\u2060b",
        "x\x07",
        "a\u3164b",
        "\ufeffa",
        "!\u200d",
        "a\u200cb",
        "🏴 \U000e0067",
        "ca\u200fsino",
        "שלו\u200fם",
        "casino\u200f",
        "ca\u200bsino ไทย",
        "a\u2139b\ufe0f",
    ],
)
def test_characters_that_nobody_sees_are_told(name: str) -> None:
    assert hides_characters(name)


@pytest.mark.parametrize(
    "name",
    [
        *("plain", "👨‍👩‍👧", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "می‌خواهم", "क्‍ष", "café", "שָׁלוֹם", "ℹ️ Info"),
        *("ភាសា\u200bខ្មែរ", "คน\u200bรัก", "ພາສາ\u200bລາວ", "မြန်မာ\u200bစာ", "ខ្មែរ\u200bFacebook"),
        *("שלום!\u200f", "שלום\u200e (C++\u200e)", "שלום\u200fabc", "\u061cعربي"),
    ],
)
def test_what_emoji_and_words_are_spelt_with_is_not_hidden(name: str) -> None:
    assert not hides_characters(name)
