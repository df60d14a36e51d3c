"""What is allowed in a document and yet is hardly meant: rules out of reach, lists nobody asks for, and the like."""

from collections.abc import Iterator, Mapping, Sequence

from decider.policy import document as written
from decider.policy.expression import EvaluationError, Language
from decider.policy.names import fold
from decider.policy.problem import Problem
from decider.policy.references import open_kinds, reads_nothing, references
from decider.policy.source import Source


def warnings(
    source: Source, document: written.Document, language: Language, entries: Mapping[str, Sequence[str]]
) -> list[Problem]:
    """Every warning about a document that compiles; `entries` are those of its lists, from files too."""
    return [
        *_constant_conditions(source, document, language),
        *_rules_out_of_reach(source, document, language),
        *_lists_nobody_asks_for(source, document),
        *_empty_lists(source, entries),
        *_entries_never_hit(source, document, entries),
    ]


def _constant_conditions(source: Source, document: written.Document, language: Language) -> Iterator[Problem]:
    for index, rule in enumerate(document.rules):
        value = _constant(rule, language) if rule.when is not None else None
        if value is not None:
            said = "always true" if value else "never true"
            yield source.problem(("rules", index, "when"), f'rule "{rule.id}": the condition is {said}')


def _constant(rule: written.Rule, language: Language) -> bool | None:
    """The condition's value if it is the same for every request; a rule without one is always true."""
    if rule.when is None:
        return True
    if not reads_nothing(rule.when):
        return None
    try:
        return language.compile(rule.when).holds(language.sample)
    except EvaluationError:
        return None


def _rules_out_of_reach(source: Source, document: written.Document, language: Language) -> Iterator[Problem]:
    decided_by: dict[str, str] = {}  # a condition that decides, and its rule
    catch_all = ""
    for index, rule in enumerate(document.rules):
        condition = " ".join((rule.when or "").split())
        earlier = catch_all or decided_by.get(condition, "")
        if earlier:
            message = f'rule "{rule.id}": never reached: rule "{earlier}" before it always decides first'
            yield source.problem(("rules", index, "id"), message)
        elif not rule.shadow and not rule.limit:
            catch_all = rule.id if _constant(rule, language) else ""
            decided_by.setdefault(condition, rule.id)


def _lists_nobody_asks_for(source: Source, document: written.Document) -> Iterator[Problem]:
    conditions = [text for rule in document.rules for _, text in rule.expressions()]
    asked = {reference.list for condition in conditions for reference in references(condition)}
    kinds = {kind for condition in conditions for kind in open_kinds(condition)}
    for name, spec in document.lists.items():
        if name not in asked and spec.kind not in kinds:
            yield source.problem(("lists", name), f'list "{name}": no rule asks for it', at_key=True)


def _empty_lists(source: Source, entries: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for name, texts in entries.items():
        if not texts:
            yield source.problem(("lists", name), f'list "{name}": it has no entries', at_key=True)


def _entries_never_hit(
    source: Source, document: written.Document, entries: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    for name, spec in document.lists.items():
        if isinstance(spec, written.WordList) and spec.harmless:
            harmless = {fold(phrase).text for phrase in spec.harmless}
            for entry in entries[name]:
                if fold(entry).text in harmless:
                    message = f"list \"{name}\": '{entry}' never matches: `except` excuses it"
                    yield source.problem(("lists", name, "except"), message)
