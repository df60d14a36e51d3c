"""Unicode's data on characters, of one version whatever Python runs this: a verdict must not depend on that."""

from typing import TYPE_CHECKING

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
    "bidirectional",
    "category",
    "combining",
    "decomposition",
    "digit",
    "lookup",
    "name",
    "normalize",
    "unidata_version",
]
