"""Compiles a document: conditions to programs, lists to indexes; every problem with its place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from decider.policy import document as written
from decider.policy.entries import EntryReader, ReadFile
from decider.policy.expression import Condition, ExpressionError, Language
from decider.policy.facts import Lists
from decider.policy.limit import PLACEHOLDERS, Limit, Terms, longest, unknown_placeholder
from decider.policy.lists import IdIndex, Kind, NetworkIndex
from decider.policy.policy import Document, Effect, ListSize, Rule
from decider.policy.problem import PolicyError, Problem
from decider.policy.references import references, unknown_list
from decider.policy.source import Loc, Source
from decider.policy.words import WordIndex, Words

Expression = TypeVar("Expression")


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as it was written and as it was compiled; `entries` are those of its lists, from files too."""

    source: Source
    written: written.Document
    entries: Mapping[str, Sequence[str]]
    compiled: Document


@dataclass(slots=True)
class Compiler:
    """Compiles one document and collects what is wrong with it."""

    source: Source
    language: Language
    read_file: ReadFile
    problems: list[Problem] = field(default_factory=list)

    def compile(self, document: written.Document) -> Draft:
        """Compile. Raises PolicyError with every problem."""
        reader = EntryReader(self.source, self.read_file, self.problems)
        entries = {name: reader.read(name, spec) for name, spec in document.lists.items()}
        rules = [self._rule(index, rule) for index, rule in enumerate(document.rules)]
        self._find_repeated_ids(document.rules)
        self._find_unknown_lists(document)
        if self.problems:
            raise PolicyError(self.problems)
        compiled = Document(
            path=self.source.path,
            apps=document.apps or (),
            lists=_index(document.lists, entries),
            sizes=[ListSize(name, Kind(document.lists[name].kind), len(texts)) for name, texts in entries.items()],
            rules=rules,
            default=_effect(document.default),
        )
        return Draft(self.source, document, entries, compiled)

    def _rule(self, index: int, rule: written.Rule) -> Rule:
        return Rule(rule.id, self._condition(index, rule), _effect(rule), rule.shadow, self._limit(index, rule))

    def _condition(self, index: int, rule: written.Rule) -> Condition | None:
        if rule.when is None:
            return None
        return self._expression(index, rule, ("when",), rule.when, self.language.compile)

    def _limit(self, index: int, rule: written.Rule) -> Limit | None:
        if rule.limit is None:
            return None
        keys = [
            self._expression(index, rule, ("limit", "key", number), text, self.language.compile_key)
            for number, text in enumerate(rule.limit.key)
        ]
        self._check_message(index, rule, rule.limit.terms)
        return Limit(rule.limit.terms, [key for key in keys if key])

    def _check_message(self, index: int, rule: written.Rule, terms: Terms) -> None:
        """What the words in braces of a message come to is known only here."""
        message = rule.refuse.message if rule.refuse else ""
        if unknown := unknown_placeholder(message):
            known = ", ".join(f"{{{word}}}" for word in PLACEHOLDERS)
            said = f"{{{unknown}}} in the message stands for nothing; known are {known}"
        elif len(longest(message, terms)) > written.MAX_MESSAGE:
            said = f"`message` must have at most {written.MAX_MESSAGE} characters when it is filled in"
        else:
            return
        self.problems.append(self.source.problem(("rules", index, "refuse", "message"), f'rule "{rule.id}": {said}'))

    def _expression(
        self, index: int, rule: written.Rule, place: Loc, text: str, compile_: Callable[[str], Expression]
    ) -> Expression | None:
        try:
            return compile_(text)
        except ExpressionError as error:
            for mistake in error.mistakes:
                self._report(index, rule, place, mistake.line, mistake.column, mistake.message)
            return None

    def _find_repeated_ids(self, rules: Sequence[written.Rule]) -> None:
        seen: set[str] = set()
        for index, rule in enumerate(rules):
            if rule.id in seen:
                said = f'rule "{rule.id}": another rule has this id'
                self.problems.append(self.source.problem(("rules", index, "id"), said))
            seen.add(rule.id)

    def _find_unknown_lists(self, document: written.Document) -> None:
        kinds = {name: Kind(spec.kind) for name, spec in document.lists.items()}
        for index, rule in enumerate(document.rules):
            for place, text in rule.expressions():
                for reference in references(text):
                    if said := unknown_list(reference, kinds):
                        self._report(index, rule, place, reference.line, reference.column, said)

    def _report(self, index: int, rule: written.Rule, place: Loc, line: int, column: int, message: str) -> None:
        """A problem within one of a rule's expressions."""
        said = f'rule "{rule.id}": {message}'
        self.problems.append(self.source.problem_within(("rules", index, *place), line, column, said))


def _index(specs: Mapping[str, written.ListSpec], entries: Mapping[str, Sequence[str]]) -> Lists:
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
