"""Unicode's data on characters, of one version whatever Python runs this: a verdict must not depend on that."""

from functools import lru_cache
from typing import TYPE_CHECKING

from fontTools.unicodedata import Scripts
from fontTools.unicodedata import script as _code_of

if TYPE_CHECKING:  # the package is Python's own module, newer, and brings no types
    from unicodedata import (
        bidirectional,
        category,
        combining,
        decomposition,
        digit,
        lookup,
        name,
        normalize,
        unidata_version,
    )
else:
    from unicodedata2 import (
        bidirectional,
        category,
        combining,
        decomposition,
        digit,
        lookup,
        name,
        normalize,
        unidata_version,
    )

__all__ = [
    "SCRIPTS",
    "bidirectional",
    "category",
    "combining",
    "decomposition",
    "digit",
    "lookup",
    "name",
    "normalize",
    "script",
    "unidata_version",
]

_NO_SCRIPT = frozenset(["Common", "Inherited", "Unknown"])
SCRIPTS = frozenset(Scripts.NAMES[code] for code in Scripts.VALUES) - _NO_SCRIPT


@lru_cache(maxsize=8192)
def script(char: str) -> str:
    """The value of the character's property Script, such as `Canadian_Aboriginal`; empty for what scripts share."""
    name = Scripts.NAMES[_code_of(char)]
    return "" if name in _NO_SCRIPT else name
