"""Digits and signs that stand for letters (leet), and the letters each stands for, likeliest first."""

_LATIN = {
    **{"0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "gq"},
    **{"@": "a", "$": "s", "!": "il", "|": "il", "+": "t", "€": "e", "£": "l", "¥": "y", "¢": "c", "¡": "i"},
    **{"(": "c", "<": "c", "{": "c", "[": "c", "#": "h", "^": "a", "°": "o", "×": "x", "§": "s"},
}
_CYRILLIC = {
    **{"0": "о", "1": "іи", "3": "зеэ", "4": "ча", "5": "ѕ", "6": "б", "7": "т", "8": "в", "9": "дя"},
    **{"@": "а", "$": "ѕс", "!": "іи", "|": "і", "+": "т", "€": "ес", "¥": "у", "¢": "с"},
    **{"(": "с", "<": "с", "{": "с", "[": "с", "#": "н", "^": "л", "°": "о", "×": "х"},
}
_ONLY_INSIDE = frozenset("(<{[#^")  # at a word's edge these are what they are


def sign_as_latin(glyph: str) -> str:
    """The Latin letters that a digit or sign is written for."""
    return _LATIN.get(glyph, "")


def sign_as_cyrillic(glyph: str) -> str:
    """The Cyrillic letters that a digit or sign is written for."""
    return _CYRILLIC.get(glyph, "")


def is_sign(glyph: str) -> bool:
    """Whether writers use the glyph for a letter, rather than that it looks like one."""
    return glyph in _LATIN or glyph in _CYRILLIC


def stands_only_inside(glyph: str) -> bool:
    """Whether the sign is taken for a letter between two others only."""
    return glyph in _ONLY_INSIDE
