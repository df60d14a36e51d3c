"""The entries of a document's lists, from the document and from files; every bad one is told with its place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from decider.policy import document as written
from decider.policy.files import reason
from decider.policy.lists import parse_network, read_entries
from decider.policy.names import fold
from decider.policy.problem import Problem
from decider.policy.source import Source

ReadFile = Callable[[str], str]  # a file's text by its path within the policy folder; raises ValueError
Place = Callable[[str], Problem]  # a problem with one entry, from its message


@dataclass(slots=True)
class EntryReader:
    """Reads the lists of one document and collects what is wrong with them."""

    source: Source
    read_file: ReadFile
    problems: list[Problem] = field(default_factory=list)

    def read(self, name: str, spec: written.ListSpec) -> list[str]:
        """The entries of a list, each once, in order."""
        check = _CHECKS.get(type(spec), _accept)
        entries: dict[str, None] = {}
        for text, place in self._entries(name, spec):
            if text not in entries:
                entries[text] = None
                self._check(name, text, check, place)
        return list(entries)

    def _entries(self, name: str, spec: written.ListSpec) -> Iterator[tuple[str, Place]]:
        for index, text in enumerate(spec.entries):
            loc = ("lists", name, "entries", index)
            yield text, lambda message, loc=loc: self.source.problem(loc, message)  # type: ignore[misc]
        file = spec.file
        if file is not None:
            for line, text in read_entries(self._text(name, file)):
                yield text, lambda message, line=line: Problem(file, line, 1, message)  # type: ignore[misc]

    def _text(self, name: str, file: str) -> str:
        try:
            return self.read_file(file)
        except ValueError as error:
            said = f'list "{name}": {file}: {reason(error)}'
            self.problems.append(self.source.problem(("lists", name, "file"), said))
            return ""

    def _check(self, name: str, text: str, check: Callable[[str], object], place: Place) -> None:
        try:
            check(text)
        except ValueError as error:
            self.problems.append(place(f'list "{name}": {error}'))


def _accept(entry: str) -> None:
    """Any text can be a user id."""


def _check_word(entry: str) -> None:
    if not fold(entry).text:
        raise ValueError("an entry of which nothing can be seen matches nothing")


_CHECKS: dict[type, Callable[[str], object]] = {
    written.NetworkList: parse_network,
    written.WordList: _check_word,
}
