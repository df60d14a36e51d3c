"""Plain writing: whether a harmless phrase stands in a name as its author wrote it, but for case, width and accents."""

from functools import lru_cache

from decider.policy.names import characters, hides_characters
from decider.policy.names.han import simplify

_WIDTHS = ("<wide>", "<narrow>")


def is_plainly(phrase: str, written: str) -> bool:
    """Whether what is written is the phrase. Signs and spaces between words do not matter, hidden characters do."""
    if _letters(written) != _letters(phrase):
        return False
    return hides_characters(written) == hides_characters(phrase)


@lru_cache(maxsize=4096)
def _letters(text: str) -> str:
    """The letters and digits in small, in one width, without accents, Chinese ones in simplified characters."""
    narrow = "".join(_in_one_width(char) for char in text)
    decomposed = characters.normalize("NFD", narrow.casefold())
    return "".join(simplify(char) for char in decomposed if characters.category(char)[0] in "LN" or _is_enclosing(char))


def _in_one_width(char: str) -> str:
    return characters.normalize("NFKC", char) if characters.decomposition(char).startswith(_WIDTHS) else char


def _is_enclosing(char: str) -> bool:
    """Whether it is drawn round a letter, which no accent is."""
    return characters.category(char) == "Me"
