"""Compiles a document: conditions to programs, lists to indexes; every problem with its place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from decider.policy import document as written
from decider.policy.expression import Condition, ExpressionError, Language
from decider.policy.facts import Lists
from decider.policy.lists import IdIndex, Kind, NetworkIndex, parse_network, read_entries
from decider.policy.names import fold
from decider.policy.policy import Document, Effect, ListSize, Rule
from decider.policy.problem import PolicyError, Problem
from decider.policy.source import Loc, Source
from decider.policy.words import WordIndex, Words

ReadFile = Callable[[str], tuple[str, str]]  # a list file's path as the document has it → path, text; OSError


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list and the place that problems with it are shown at."""

    text: str
    problem: Callable[[str], Problem]


@dataclass(slots=True)
class Compiler:
    """Compiles one document and collects what is wrong with it."""

    source: Source
    language: Language
    read_file: ReadFile
    problems: list[Problem] = field(default_factory=list)

    def compile(self, document: written.Document) -> Document:
        """Compile. Raises PolicyError with every problem."""
        entries = {name: self._entries(name, spec) for name, spec in document.lists.items()}
        rules = [self._rule(index, rule) for index, rule in enumerate(document.rules)]
        self._find_repeated_ids(document.rules)
        if self.problems:
            raise PolicyError(self.problems)
        return Document(
            path=self.source.path,
            apps=document.apps or (),
            lists=_index(document.lists, entries),
            sizes=[ListSize(name, Kind(document.lists[name].kind), len(texts)) for name, texts in entries.items()],
            rules=rules,
            default=_effect(document.default),
        )

    def _rule(self, index: int, rule: written.Rule) -> Rule:
        return Rule(rule.id, self._condition(index, rule), _effect(rule), rule.shadow)

    def _condition(self, index: int, rule: written.Rule) -> Condition | None:
        if rule.when is None:
            return None
        try:
            return self.language.compile(rule.when)
        except ExpressionError as error:
            self.problems += [
                self.source.problem_within(
                    ("rules", index, "when"),
                    mistake.line,
                    mistake.column,
                    f'rule "{rule.id}": {mistake.message}',
                )
                for mistake in error.mistakes
            ]
            return None

    def _find_repeated_ids(self, rules: Sequence[written.Rule]) -> None:
        seen: set[str] = set()
        for index, rule in enumerate(rules):
            if rule.id in seen:
                self._report(("rules", index, "id"), f'rule "{rule.id}": another rule has this id')
            seen.add(rule.id)

    def _entries(self, name: str, spec: written.ListSpec) -> list[str]:
        entries = [*self._inline(("lists", name, "entries"), spec.entries), *self._from_file(name, spec.file)]
        if check := _CHECKS.get(type(spec)):
            for entry in entries:
                self._check(name, entry, check)
        return list(dict.fromkeys(entry.text for entry in entries))

    def _inline(self, loc: Loc, entries: Iterable[str]) -> Iterable[Entry]:
        for index, text in enumerate(entries):
            place = (*loc, index)
            yield Entry(text, lambda message, place=place: self.source.problem(place, message))  # type: ignore[misc]

    def _from_file(self, name: str, file: str | None) -> Iterable[Entry]:
        if file is None:
            return
        try:
            path, text = self.read_file(file)
        except (OSError, ValueError) as error:
            self._report(("lists", name, "file"), f'list "{name}": {file}: {_reason(error)}')
            return
        for line, entry in read_entries(text):
            yield Entry(entry, lambda message, line=line: Problem(path, line, 1, message))  # type: ignore[misc]

    def _check(self, name: str, entry: Entry, check: Callable[[str], object]) -> None:
        try:
            check(entry.text)
        except ValueError as error:
            self.problems.append(entry.problem(f'list "{name}": {error}'))

    def _report(self, loc: Loc, message: str) -> None:
        self.problems.append(self.source.problem(loc, message))


def _check_word(entry: str) -> None:
    if not fold(entry).text:
        raise ValueError("an entry of which nothing can be seen matches nothing")


_CHECKS: dict[type, Callable[[str], object]] = {
    written.NetworkList: parse_network,
    written.WordList: _check_word,
}


def _index(specs: dict[str, written.ListSpec], entries: dict[str, list[str]]) -> Lists:
    return Lists(
        order=list(specs),
        ids=[IdIndex(name, entries[name]) for name, spec in specs.items() if isinstance(spec, written.IdList)],
        networks=[
            NetworkIndex(name, entries[name]) for name, spec in specs.items() if isinstance(spec, written.NetworkList)
        ],
        words=WordIndex(
            [
                Words(name, spec.match, entries[name], spec.harmless)
                for name, spec in specs.items()
                if isinstance(spec, written.WordList)
            ]
        ),
    )


def _effect(effect: written.Effect) -> Effect:
    if effect.refuse is None:
        return Effect(allowed=True)
    return Effect(allowed=False, code=effect.refuse.code, message=effect.refuse.message)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
