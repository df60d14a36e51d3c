"""The writing of a name: its length as a reader counts it, and its scripts."""

import disarm


def length(text: str) -> int:
    """How many characters a reader counts: grapheme clusters."""
    return disarm.grapheme_len(text)


def scripts(text: str) -> list[str]:
    """The Unicode scripts of the text's letters, in order of first appearance, as Unicode names them."""
    return [script.value for script in disarm.detect_scripts(text)]


def mixes_scripts(text: str) -> bool:
    """Whether one word mixes writing systems."""
    return disarm.is_mixed_script(text, per_word=True)
