"""Folding: what it undoes, what it leaves, and what it promises for any text."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decider.policy.names import fold

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=1000)
# Characters that do something to others, among letters they do it to.
TRICKY = st.text(
    st.sampled_from(
        "aAiIlĳİıſςΣйЙё\u0306\u0301\u0345\u200b\u200d\u202e\u202d\u202c\u2067\u2069\ufdfa\u1100\u1161ㄱㅏ한ﾞｶ"
        " 賭שש́ภาكﬀ🇺🇸½ⅷⒶ🅰𝐚𑣩ᾼẛ̣"
    ),
    max_size=60,
)
# As long as a name may be; nothing that folds takes more room than this ligature.
LONGEST_FORM = 18


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Plain Name", "plain name"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full width"),
        ("𝕄𝒶𝓉𝔥 ⒞ⓘ🅡🄲🇱e", "math circle"),
        ("sᴍᴀʟʟ ᴄᴀᴘꜱ", "small caps"),
        ("Ćäféṩ søł", "cafes sol"),
        ("z̸̢a͠l͝g̀o", "zalgo"),
        ("sp\u200ba\u00ad\u2060m\ufe0f", "spam"),
        ("\u202emaps\u202c", "spam"),
        ("саsіno", "casino"),
        ("КАЗИHО", "казино"),
        ("賭場", "赌场"),
        ("  white \t\u00a0\u2800space ", "white space"),
        ("Straße & Æsir", "strasse & aesir"),
    ],
)
def test_a_disguise_is_undone(text: str, folded: str) -> None:
    assert fold(text).text == folded


@pytest.mark.parametrize(
    "text",
    [
        *("สวัสดี ครับ", "हिन्दी साहित्य", "தமிழ் இலக்கியம்", "السَّلَامُ عَلَيْكُمْ", "שָׁלוֹם", "한국어 공부", "ガギグ"),
        *("ქართული", "հայ", "አማርኛ", "မြန်မာ", "мой й", "top 455 songs", "r2d2", "it-специалист"),
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert fold(text).text == text


def test_spans_lead_back_to_the_original() -> None:
    folded = fold("a\u200bｂ ⒞d\u0301")
    assert [(char, *span) for char, span in zip(folded.text, folded.spans, strict=True)] == [
        ("a", 0, 1),
        ("b", 2, 3),
        (" ", 3, 4),
        ("c", 4, 5),
        ("d", 5, 7),
    ]


@settings(deadline=None, max_examples=300)
@given(TEXT | TRICKY)
def test_folding_again_changes_nothing(text: str) -> None:
    folded = fold(text).text
    assert fold(folded).text == folded


@settings(deadline=None, max_examples=300)
@given(TEXT | TRICKY)
def test_a_folded_text_is_bounded_and_its_spans_are_inside_the_original(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) <= LONGEST_FORM * len(text)
    assert len(folded.spans) == len(folded.text)
    assert all(0 <= start < end <= len(text) for start, end in folded.spans)


@settings(deadline=None, max_examples=200)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u202a\u202b\u202d\u202e\u2066\u2067\u2068"))
)
def test_spans_rise_where_nothing_turns_the_text_around(text: str) -> None:
    spans = fold(text).spans
    assert list(spans) == sorted(spans)


def test_every_character_folds_and_stays_folded() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x13500)):
        folded = fold(chr(code)).text
        assert len(folded) <= LONGEST_FORM
        assert fold(folded).text == folded, hex(code)


def test_the_longest_name_that_unicode_can_make_is_bounded() -> None:
    assert len(fold("\ufdfa" * 1000).text) <= LONGEST_FORM * 1000


def test_every_process_folds_alike() -> None:
    program = "from decider.policy.names import fold; print(ascii(fold('𝕊рá\\u200bⅿ 賭場 ʞ Ⅷ ﷺ')))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(outputs) == 1
