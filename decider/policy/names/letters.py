"""Letters that a glyph can be read as: its own, and those of another script that look like it.

Look-alikes come from Unicode's confusables (UTS #39, through `disarm`, whose tables are Unicode 17) and from the
letters' Unicode names, which say what a stroke, a hook or half a turn was applied to. Few are added by hand: those that
writers use and Unicode does not list, such as и for n.
"""

import re
from functools import lru_cache

import disarm

from decider.policy.names import characters

_CYRILLIC = "абвгґдеёжзийклмнопрстуфхцчшщъыьэюяіїєјѕћђљњџўқғңөүұһәӏѓќ"

# What hand-made disguises use beyond Unicode's confusables. Each is read as any of the letters, likeliest first.
_LATIN_BY_HAND = {
    **{"и": "nu", "й": "nu", "п": "n", "г": "r", "я": "r", "ч": "y", "ц": "u", "ш": "w", "щ": "w", "э": "e"},
    **{"є": "e", "д": "da"},
    **{
        "л": "nj",
        "б": "b",
        "ғ": "f",
        "ъ": "b",
        "ж": "x",
        "ф": "o",
        "з": "e",
        "н": "hn",
        "т": "tm",
        "в": "b",
        "у": "yu",
    },
    **{"σ": "oe", "ξ": "e", "δ": "da", "λ": "a", "ψ": "w", "φ": "o", "ω": "w", "π": "n", "μ": "um", "ɔ": "co"},
    **{"ʃ": "sf", "ʇ": "t", "þ": "pb", "ð": "d", "₿": "b", "ƨ": "s", "ȝ": "z", "ʒ": "z", "ŋ": "n", "ə": "ea"},
    **{"ᗩ": "a", "ᑕ": "c", "ᑎ": "n", "ᔕ": "s", "ᗯ": "w", "ɮ": "b", "ӄ": "k", "ք": "p", "ֆ": "s"},
    **{"ⴆ": "b", "ԃ": "d", "ԋ": "h", "ʅ": "l", "ƚ": "tl", "ʆ": "f", "ɧ": "h"},
    **{"ᑫ": "q", "ᘔ": "z", "ӿ": "x", "ӽ": "x", "ϙ": "q", "ҩ": "q"},
    **{"∀": "a", "∃": "e", "∩": "nu", "∪": "u", "∑": "e", "∂": "d", "∅": "o", "⊥": "t", "√": "v", "∫": "s"},
    **{"±": "t", "†": "t", "®": "r", "©": "c", "™": "tm", "§": "s", "£": "l", "€": "e", "¥": "y", "¢": "c"},
    **{
        "₵": "c",
        "฿": "b",
        "₣": "f",
        "₲": "g",
        "₤": "l",
        "₩": "w",
        "₦": "n",
        "₱": "p",
        "₮": "t",
        "₫": "d",
        "₭": "k",
        "₴": "s",
        "₳": "a",
        "ƒ": "f",
        "ℓ": "l",
        "℮": "e",
    },
    **{"💲": "s", "⭕": "o", "❌": "x", "✖": "x", "❗": "i", "❕": "i", "✚": "t", "✝": "t", "➕": "t"},
}
_CYRILLIC_BY_HAND = {
    **{"n": "пи", "u": "иц", "r": "гя", "b": "вьб", "w": "шщ", "k": "к", "m": "м", "t": "т", "h": "н", "g": "дг"},
    **{"e": "еэ", "y": "у", "x": "хж", "o": "о", "a": "а", "p": "р", "c": "с", "i": "іи", "l": "і", "v": "ѵ", "z": "з"},
    **{"ɛ": "эзе", "ε": "эзе", "ξ": "з", "π": "п", "λ": "л", "γ": "г", "φ": "ф", "ɸ": "ф", "δ": "д", "ə": "еэ"},
    **{"٨": "л", "۸": "л", "ǝ": "еэ", "ɐ": "а", "∏": "п", "∂": "д"},
}
_LOOKS_LIKE_A_STROKE = {"I": "il", "l": "li", "|": "li", "1": "li"}
# A letter's Unicode name, less what was done to it, names the letter underneath.
_DONE_TO_IT = re.compile(
    r"\b(?:SMALL|CAPITAL|TURNED|REVERSED|INVERTED|SIDEWAYS|DOTLESS|SCRIPT|BLACKLETTER|INSULAR|OPEN|BARRED|STRETCHED|"
    r"TAILLESS|LONG|BROKEN|ANGLICANA|HALF|TOP|BOTTOM|CLOSED|VISIGOTHIC|LENIS|CROSSED|STRAIGHT|FINAL)\b"
)
_NAMED = {
    **{"ALPHA": "a", "BETA": "b", "GAMMA": "y", "EPSILON": "e", "IOTA": "i", "UPSILON": "u", "OMEGA": "w"},
    **{"CHI": "x", "ETH": "d", "THORN": "p", "ENG": "n", "SCHWA": "e", "ESH": "s", "EZH": "z", "WYNN": "p"},
}


@lru_cache(maxsize=8192)
def latin_twins(glyph: str) -> str:
    """The Latin letters that the glyph is one of or looks the same as by Unicode's data, small."""
    if glyph.isascii():
        return glyph.lower() if glyph.isalpha() else ""
    form = disarm.normalize_confusables(glyph, digit_policy="tr39")
    letter = _LOOKS_LIKE_A_STROKE.get(form) or _letter(form)
    return _joined(letter, _named(glyph, "LATIN"))


@lru_cache(maxsize=8192)
def cyrillic_twins(glyph: str) -> str:
    """The Cyrillic letters that the glyph is one of or looks the same as by Unicode's data, small."""
    lower = glyph.casefold()
    own = lower if lower in _CYRILLIC else ""
    direct = disarm.normalize_confusables(glyph, target_script="cyrillic").casefold()
    shape = _shape(glyph)
    alike = [letter for letter in _CYRILLIC if shape and shape in _SHAPES[letter]]
    return _joined(own, _named(glyph, "CYRILLIC"), direct if direct in _CYRILLIC else "", *alike)


@lru_cache(maxsize=8192)
def as_latin(glyph: str) -> str:
    """Every Latin letter that a reader may take the glyph for, likeliest first."""
    twins = latin_twins(glyph)
    if glyph.isascii():
        return twins
    return _joined(twins, _LATIN_BY_HAND.get(glyph.casefold(), ""), latin_twins(_other_case(glyph)))


@lru_cache(maxsize=8192)
def as_cyrillic(glyph: str) -> str:
    """Every Cyrillic letter that a reader may take the glyph for, likeliest first."""
    twins = cyrillic_twins(glyph)
    if characters.script(glyph) == "Cyrillic" and glyph.casefold() in _CYRILLIC:
        return _joined(twins[0], _named(glyph, "CYRILLIC"), "и" if twins[0] == "й" else "")
    through = "".join(_CYRILLIC_BY_HAND.get(letter, "") for letter in latin_twins(glyph))
    other = "" if glyph.isascii() else cyrillic_twins(_other_case(glyph))
    return _joined(twins, _CYRILLIC_BY_HAND.get(glyph.casefold(), ""), through, other)


def _other_case(glyph: str) -> str:
    """The letter's partner in case: a look-alike in one is taken for one in the other. Itself if it has none."""
    other = glyph.swapcase()
    return other if len(other) == 1 else glyph


def _joined(*found: str) -> str:
    return "".join(dict.fromkeys("".join(found)))


def _letter(form: str) -> str:
    """The one small ASCII letter that a confusable form is, if it is one."""
    bare = characters.normalize("NFKD", form.replace("rn", "m")).lower()
    letters = [char for char in bare if not characters.combining(char)]
    return letters[0] if len(letters) == 1 and letters[0].isascii() and letters[0].isalpha() else ""


def _named(glyph: str, script: str) -> str:
    """The letter that the glyph's Unicode name says it was made from."""
    name = characters.name(glyph, "")
    if not name.startswith(script) or " LETTER " not in name:
        return ""
    words = _DONE_TO_IT.sub("", name.partition(" LETTER ")[2].partition(" WITH ")[0]).split()
    if script == "LATIN":
        base = "".join(words)
        return base.lower() if len(base) == 1 and base.isascii() else _NAMED.get(base, "")
    return _looked_up(f"CYRILLIC SMALL LETTER {' '.join(words)}")


def _looked_up(name: str) -> str:
    try:
        char = characters.lookup(name)
    except KeyError:
        return ""
    return char if char in _CYRILLIC else ""


def _shape(glyph: str) -> str:
    """What Unicode's confusables make of a glyph, case kept: two glyphs of one shape look the same."""
    form = disarm.normalize_confusables(glyph)
    return form if len(form) == 1 else ""


_SHAPES = {letter: {_shape(letter), _shape(letter.upper())} for letter in _CYRILLIC}
