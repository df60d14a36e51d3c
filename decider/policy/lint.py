"""What is allowed in a document and yet is hardly meant: rules out of reach, lists nobody asks for, and the like."""

from collections.abc import Iterator, Set

from decider.policy import document as written
from decider.policy.certainty import Certainty
from decider.policy.compiler import Draft
from decider.policy.expression import Language
from decider.policy.limit import reads_usage
from decider.policy.policy import Document, Effect
from decider.policy.problem import Problem
from decider.policy.ranges import Ranges
from decider.policy.references import open_kinds, references
from decider.policy.words import WordIndex, Words


def warnings(draft: Draft, language: Language, apps: Set[int]) -> list[Problem]:
    """Every warning about a document that compiles, line by line; `apps` are those that some document names."""
    own = draft.compiled.apps
    conditions = Certainty(draft, language, Ranges(own, apps - set(own)))
    return sorted(
        [
            *conditions.certain(),
            *conditions.out_of_reach(),
            *_lists_nobody_asks_for(draft),
            *_empty_lists(draft),
            *_entries_excused(draft),
            *_limits_never_used(draft),
            *_messages_with_braces(draft),
        ]
    )


def _lists_nobody_asks_for(draft: Draft) -> Iterator[Problem]:
    conditions = [text for rule in draft.written.rules for _, text in rule.expressions()]
    asked = {reference.list for condition in conditions for reference in references(condition)}
    kinds = {kind for condition in conditions for kind in open_kinds(condition)}
    for name, spec in draft.written.lists.items():
        if name not in asked and spec.kind not in kinds:
            yield draft.source.problem(("lists", name), f'list "{name}": no rule asks for it', at_key=True)


def _empty_lists(draft: Draft) -> Iterator[Problem]:
    for name, texts in draft.entries.items():
        if not texts:
            yield draft.source.problem(("lists", name), f'list "{name}": it has no entries', at_key=True)


def _limits_never_used(draft: Draft) -> Iterator[Problem]:
    """Only a request that ends up allowed is counted."""
    document = draft.compiled
    for index, rule in enumerate(document.rules):
        if rule.limit and not any(effect.allowed for effect in _effects_after(document, index)):
            said = f'rule "{rule.id}": nothing after it allows a request, so its limit is never used'
            yield draft.source.problem(("rules", index, "limit"), said, at_key=True)


def _effects_after(document: Document, index: int) -> Iterator[Effect]:
    """What a request can still come to after a rule, up to one that always decides."""
    for rule in document.rules[index + 1 :]:
        if not rule.shadow:
            yield rule.effect
            if rule.condition is None and rule.limit is None:
                return
    yield document.default


def _messages_with_braces(draft: Draft) -> Iterator[Problem]:
    for index, rule in enumerate(draft.written.rules):
        if rule.refuse and not rule.limit and reads_usage(rule.refuse.message):
            said = f'rule "{rule.id}": only in a rule with `limit` do words in braces stand for something'
            yield draft.source.problem(("rules", index, "refuse", "message"), said)


def _entries_excused(draft: Draft) -> Iterator[Problem]:
    for name, spec in draft.written.lists.items():
        if isinstance(spec, written.WordList) and spec.harmless:
            for index, entry in _excused(Words(name, spec.match, draft.entries[name], spec.harmless)):
                said = f"list \"{name}\": `except` excuses '{entry}' as it is written: it only matches in disguise"
                yield draft.source.problem(("lists", name, "except", index), said)


def _excused(words: Words) -> Iterator[tuple[int, str]]:
    """The entries that are not found where they stand alone, each with the index of the phrase that excuses it."""
    bare = WordIndex([Words(words.name, words.match, words.entries, ())])
    whole = WordIndex([words])
    told: set[str] = set()
    for index, phrase in enumerate(words.harmless):
        for entry in dict.fromkeys(match.entry for match in bare.find(phrase)):
            # In longer words, `anywhere` still finds it, and no phrase excuses it there.
            plain = (entry, f"x{entry}x")
            if entry not in told and not any(match.entry == entry for text in plain for match in whole.find(text)):
                told.add(entry)
                yield index, entry
