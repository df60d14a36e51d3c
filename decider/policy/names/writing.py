"""The writing of a name: its length as a reader counts it, and its scripts."""

import disarm

from decider.policy.names import characters

# Scripts whose words Latin letters stand in by custom (卡拉OK, Tシャツ, K팝): UTS #39's "highly restrictive" level.
_BESIDE_LATIN = frozenset(["Han", "Hiragana", "Katakana", "Hangul", "Bopomofo"])
_OHMS = frozenset(f"{prefix}{sign}" for prefix in "mkMG" for sign in "\u03a9\u2126")


def length(text: str) -> int:
    """How many characters a reader counts: grapheme clusters."""
    return disarm.grapheme_len(text)


def scripts(text: str) -> list[str]:
    """The Unicode scripts of the text's letters, in order of first appearance, as Unicode names them."""
    return [script.value for script in disarm.detect_scripts(_without_formats(text))]


def mixes_scripts(text: str) -> bool:
    """Whether one word mixes writing systems, other than Latin with Chinese, Japanese or Korean."""
    if not disarm.is_mixed_script(text, per_word=True):
        return False
    return any(_is_mixed(word) for word in _without_formats(text).split())


def _is_mixed(word: str) -> bool:
    if not disarm.is_mixed_script(word, per_word=True):
        return False
    others = set(scripts(word)) - _BESIDE_LATIN
    return others != {"Latin"} and not _is_a_unit(word)


def _is_a_unit(word: str) -> bool:
    """Whether the word is ohms with their prefix: `10kΩ`."""
    return word.lstrip("0123456789.,") in _OHMS


def _without_formats(text: str) -> str:
    """The text less what Unicode gives to a script though it is no letter, such as U+061C."""
    return "".join(char for char in text if characters.category(char) != "Cf")
