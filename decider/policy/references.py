"""Which lists a condition asks for: `"spam" in name.lists` names the list `spam`, among those of kind `words`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from decider.policy.lists import Kind

KINDS = {"operator": Kind.IDS, "name": Kind.WORDS, "client": Kind.NETWORKS}
_MEMBERSHIP = re.compile(
    r"""(?P<quote>["'])(?P<list>[^"'\\\n]*)(?P=quote)\s+in\s+(?P<fact>operator|name|client)\.lists\b"""
)
_MENTION = re.compile(r"\b(operator|name|client)\.lists\b")
_LITERAL = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
_LITERAL_OR_COMMENT = re.compile(rf"(?P<literal>{_LITERAL.pattern})|//[^\n]*")
_VARIABLE = re.compile(r"\b(request|operator|name|client|now)\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """One list that a condition asks for, and where: line and column of the condition's text, from 1."""

    list: str
    kind: Kind
    line: int
    column: int


def references(condition: str) -> Iterator[Reference]:
    """The lists that a condition names."""
    for found in _MEMBERSHIP.finditer(_without_comments(condition)):
        before = condition[: found.start()]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        yield Reference(found["list"], KINDS[found["fact"]], line, column)


def open_kinds(condition: str) -> set[Kind]:
    """The kinds of list that a condition asks for in another way than by name, such as `size(name.lists) > 1`."""
    condition = _without_comments(condition)
    named = {found.end() for found in _MEMBERSHIP.finditer(condition)}
    return {KINDS[found[1]] for found in _MENTION.finditer(condition) if found.end() not in named}


def unknown_list(reference: Reference, lists: Mapping[str, Kind]) -> str:
    """What is wrong with a reference to a list; nothing if it names one of the right kind."""
    if reference.list not in lists:
        close = get_close_matches(reference.list, lists, n=1)
        meant = f'; did you mean "{close[0]}"?' if close else ""
        return f'there is no list "{reference.list}"{meant}'
    kind = lists[reference.list]
    if kind != reference.kind:
        fact = next(fact for fact, of_fact in KINDS.items() if of_fact == kind)
        return f'the list "{reference.list}" is of kind {kind}: it is in {fact}.lists'
    return ""


def reads_nothing(condition: str) -> bool:
    """Whether a condition reads no variable, and so has the same value for every request."""
    return not _VARIABLE.search(_LITERAL.sub('""', _without_comments(condition)))


def _without_comments(condition: str) -> str:
    """The condition with spaces in place of its comments, so that all else stays where it is."""
    return _LITERAL_OR_COMMENT.sub(lambda found: found["literal"] or " " * len(found[0]), condition)
