"""Length and scripts of a name."""

import pytest

from decider.policy.names import length, mixes_scripts, scripts


@pytest.mark.parametrize(
    ("name", "count"), [("abc", 3), ("é", 1), ("👨‍👩‍👧‍👦", 1), ("🇫🇷", 1), ("हिन्दी", 2), ("한국", 2)]
)
def test_length_counts_what_a_reader_counts(name: str, count: int) -> None:
    assert length(name) == count


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *(("abc", ["Latin"]), ("Мир abc", ["Cyrillic", "Latin"]), ("赌场", ["Han"]), ("123 🎰", [])),
        *(
            ("Ａ", ["Latin"]),
            ("ｶﾅ", ["Katakana"]),
            ("〇々", ["Han"]),
            ("ꆈꌠ", ["Yi"]),
            ("𞤀", ["Adlam"]),
            ("𑄌", ["Chakma"]),
        ),
        *(("𐐔", ["Deseret"]), ("𐒰", ["Osage"]), ("𐌂", ["Old_Italic"]), ("𐊠", ["Carian"]), ("ߒ", ["Nko"])),
        *(("ᐁ", ["Canadian_Aboriginal"]), ("ꯃ", ["Meetei_Mayek"]), ("ꬵ", ["Latin"]), ("ꙁ", ["Cyrillic"])),
    ],
)
def test_scripts_are_named_in_order_as_unicode_names_them(name: str, found: list[str]) -> None:
    assert scripts(name) == found


@pytest.mark.parametrize(
    "name",
    [
        *("саsino", "c𐊠sino", "casin𐐄", "𐌂asino", "Aб", "каⅼa", "Ωmega", "ca\u0941sino", "hօօkup"),
        *("кasino手", "K歌 саsino", "К歌", "А型血", "каз口но", "cไsino", "cאsino", "हिन्दीবাংলা"),
        "сa\u200bsino",
    ],
)
def test_a_word_of_two_writing_systems_is_mixed(name: str) -> None:
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    "name", ["Мир abc", "IT-мир", "Hello(Привет)", "Hello👍Привет", "C++Разработка", "Дом2house", "Hello.Привет"]
)
def test_two_words_in_two_scripts_are_not(name: str) -> None:
    assert not mixes_scripts(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "卡拉OK",
            "K歌",
            "T恤",
            "5G手机",
            "Tシャツ",
            "SNS마케팅",
            "K팝",
            "iPhone的",
            "Tom和Jerry",
            "α波",
            "東京タワー",
        ),
        *(
            "Clubไทย",
            "ชอบKpopมาก",
            "ລາວclub",
            "ខ្មែរABC",
            "မြန်မာfans",
            "学习Русский群",
            "ไทยລາວ",
            "kΩ",
            "10kΩ",
            "5\u03bcm",
        ),
        *("PDFमें", "הGoogle", "الGoogle", "வணக்கம்Tamil", "Sri ශ්‍රී", "한글漢字", "ㄅㄆㄇ拼音"),
    ],
)
def test_scripts_written_in_one_word_by_custom_are_not_mixed(name: str) -> None:
    assert not mixes_scripts(name)


def test_a_direction_mark_makes_no_script() -> None:
    assert scripts("\u061c") == []
    assert scripts("a\u061c") == ["Latin"]
