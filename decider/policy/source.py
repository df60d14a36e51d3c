"""A YAML file as plain data that remembers where each part of it stands.

Scalars stay the text that the author wrote, and the document model says what each is meant to be: a user id
`0123`, `no` or `1e5` in a list is that text, with no need for quotes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from decider.policy.problem import PolicyError, Problem

Loc = tuple[int | str, ...]  # the way from the top of a document to a part of it: keys and indexes
_MAX_DEPTH = 32  # of nesting; also ends an alias that contains itself
_MAX_NODES = 1_000_000  # after aliases are followed: an alias of aliases must not fill the memory
_PLAIN_NULLS = {"", "~", "null", "Null", "NULL"}
_HINTS = {  # what authors of conditions run into first
    "found '<scalar>'": "; a text that begins with a quote must be quoted as a whole",
    "mapping values are not allowed": "; a text that has `: ` in it must be quoted",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_SCALAR_START = {"'": 1, '"': 1}  # where a scalar's text starts in its source: after the quote


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML document: `data` of dicts, lists, str and None, and the places of its parts."""

    path: str
    text: str
    root: Node
    data: object
    problems: Sequence[Problem] = ()  # what is wrong with the YAML itself, and leaves data to be looked at

    def problem(self, loc: Loc, message: str, *, at_key: bool = False) -> Problem:
        """A problem with the part at `loc`, or with the nearest part around it that exists."""
        line, column = self._line_column(self._start(loc, at_key))
        return Problem(self.path, line, column, message)

    def problem_within(self, loc: Loc, line: int, column: int, message: str) -> Problem:
        """A problem inside the text at `loc`; `line` and `column` count from 1 within that text."""
        node = self._find(loc)
        if not isinstance(node, ScalarNode):
            return self.problem(loc, message)
        lines = node.value.split("\n")[: line - 1]
        index = sum(len(part) + 1 for part in lines) + column - 1
        return Problem(self.path, *self._line_column(self._source_index(node, index)), message)

    def _start(self, loc: Loc, at_key: bool) -> int:
        node, key = self.root, None
        for part in loc:
            step = _step(node, part)
            if step is not None:
                key, node = step
        chosen = key if at_key and key is not None else node
        return int(chosen.start_mark.index)

    def _find(self, loc: Loc) -> Node:
        node = self.root
        for part in loc:
            step = _step(node, part)
            node = step[1] if step is not None else node
        return node

    def _source_index(self, node: ScalarNode, index: int) -> int:
        start, end = node.start_mark.index, node.end_mark.index
        offsets = _align(self.text[start:end], node.value, node.style)
        return int(start + offsets[min(index, len(offsets) - 1)]) if offsets else int(start)

    def _line_column(self, index: int) -> tuple[int, int]:
        before = self.text[:index]
        return before.count("\n") + 1, len(before) - before.rfind("\n")


def parse(path: str, text: str) -> Source:
    """Read one YAML document. Raises PolicyError for what is not YAML, and for what is too deep or too large."""
    text = text.removeprefix("\ufeff")
    root = _compose(path, text)
    if root is None:
        raise PolicyError([Problem(path, 1, 1, "the file is empty")])
    problems = list(_structural_problems(path, root))
    return Source(path, text, root, _plain(root), problems)


def _compose(path: str, text: str) -> Node | None:
    try:
        root: Node | None = YAML(typ="safe", pure=True).compose(text)
        return root
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        hint = next((hint for sign, hint in _HINTS.items() if sign in str(error.problem)), "")
        said = f"not YAML: {error.problem or error}{_began(error)}{hint}"
        raise PolicyError([Problem(path, line, column, said)]) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"not YAML: the character U+{ord(text[error.position]):04X} may not be in it"
        raise PolicyError([Problem(path, line, column, message)]) from None
    except YAMLError as error:
        raise PolicyError([Problem(path, 1, 1, f"not YAML: {error}")]) from None
    except RecursionError:
        raise PolicyError([Problem(path, 1, 1, "nested too deeply")]) from None


def _began(error: MarkedYAMLError) -> str:
    """Where what is broken begins, if the place of the error is another."""
    mark, place = error.context_mark, error.problem_mark
    if not mark or not place or (mark.line, mark.column) == (place.line, place.column):
        return ""
    return f", {error.context} that begins at {mark.line + 1}:{mark.column + 1}"


def _structural_problems(path: str, root: Node) -> Iterator[Problem]:
    """What plain data cannot have. Raises PolicyError at the first sign of an endless or huge document."""
    pending, seen = [(root, 0)], 0
    while pending:
        node, depth = pending.pop()
        seen += 1
        if depth > _MAX_DEPTH or seen > _MAX_NODES:
            raise PolicyError([_at(path, node, "nested too deeply" if depth > _MAX_DEPTH else "too large")])
        yield from _node_problems(path, node)
        pending.extend((child, depth + 1) for child in _children(node))


def _node_problems(path: str, node: Node) -> Iterator[Problem]:
    if not str(node.tag).startswith("tag:yaml.org,2002:") or "python" in str(node.tag):
        yield _at(path, node, f"the tag {node.tag} is not known")
    if isinstance(node, ScalarNode) and _SURROGATE.search(node.value):
        yield _at(path, node, "half of a surrogate pair is not text")
    if isinstance(node, MappingNode):
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                yield _at(path, key, "a key must be text")
            elif key.value in seen:
                yield _at(path, key, f"the key `{key.value}` is there twice")
            else:
                seen.add(key.value)


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _at(path: str, node: Node, message: str) -> Problem:
    return Problem(path, node.start_mark.line + 1, node.start_mark.column + 1, message)


def _plain(node: Node) -> object:
    """A node as plain data; of keys that repeat the first, whose place is the one that is found."""
    if isinstance(node, MappingNode):
        data: dict[str, object] = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                data.setdefault(key.value, _plain(value))
        return data
    if isinstance(node, SequenceNode):
        return [_plain(value) for value in node.value]
    plain_null = isinstance(node, ScalarNode) and node.style is None and node.value in _PLAIN_NULLS
    return None if plain_null else _SURROGATE.sub("\ufffd", node.value)


def _step(node: Node, part: int | str) -> tuple[Node, Node] | None:
    """The key and the value one step down, or None where there is no such step."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _align(raw: str, value: str, style: str | None) -> list[int]:
    """For each character of a scalar's value its index in the scalar's source, found from left to right.

    Quotes, indentation and folded line breaks are skipped on the way. Where an escape stands for a character
    that the source does not show, the search stays where it was.
    """
    at = raw.find("\n") + 1 if style in ("|", ">") else _SCALAR_START.get(style or "", 0)
    offsets = []
    for char in value:
        found = _next_break(raw, at) if char in " \n" else raw.find(char, at)
        if found >= 0:
            offsets.append(found)
            at = found + 1
        else:
            offsets.append(min(at, len(raw) - 1))
    return [*offsets, at]


def _next_break(raw: str, at: int) -> int:
    return next((index for index in range(at, len(raw)) if raw[index] in " \n"), -1)
