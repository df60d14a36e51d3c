"""The letters that a glyph can be read as."""

import pytest

from decider.policy.names.letters import as_cyrillic, as_latin, latin_twins
from decider.policy.names.readings import Kind, read_in_cyrillic, read_in_latin


@pytest.mark.parametrize(
    ("glyph", "letters"),
    [
        ("a", "a"),
        ("а", "a"),
        ("ⲟ", "o"),
        ("ɐ", "a"),
        ("ᴄ", "c"),
        ("Ϲ", "c"),
        ("Ι", "il"),
        ("ӏ", "l"),
        ("𐌠", "l"),
        ("ø", "o"),
    ],
)
def test_unicode_tells_the_latin_twins(glyph: str, letters: str) -> None:
    assert set(letters) <= set(latin_twins(glyph))


@pytest.mark.parametrize(("glyph", "letter"), [("и", "n"), ("Я", "r"), ("Ш", "w"), ("∩", "n"), ("₿", "b"), ("m", "m")])
def test_more_are_added_by_hand(glyph: str, letter: str) -> None:
    assert letter in as_latin(glyph)


@pytest.mark.parametrize(
    ("glyph", "letter"), [("H", "н"), ("u", "и"), ("n", "п"), ("ĸ", "к"), ("ш", "ш"), ("қ", "к"), ("R", "я")]
)
def test_cyrillic_has_twins_too(glyph: str, letter: str) -> None:
    assert letter in as_cyrillic(glyph)


def test_a_letter_of_the_script_is_read_as_itself_only() -> None:
    assert as_latin("m") == "m"
    assert as_cyrillic("и") == "и"


@pytest.mark.parametrize(
    ("glyph", "kind", "latin", "cyrillic"),
    [
        ("3", Kind.DIGIT, "e3", "зеэ3"),
        ("@", Kind.SIGN, "a", "а"),
        (".", Kind.OTHER, "", ""),
        ("०", Kind.DIGIT, "o०", "о०"),
    ],
)
def test_digits_and_signs_stand_for_letters(glyph: str, kind: Kind, latin: str, cyrillic: str) -> None:
    assert (read_in_latin(glyph).kind, read_in_latin(glyph).letters) == (kind, latin)
    assert set(cyrillic) <= set(read_in_cyrillic(glyph).letters)
