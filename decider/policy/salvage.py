"""What else is wrong with a document that does not fit its model: the parts that do fit are looked at all the same."""

from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from decider.policy.document import Document, Limit, ListSpec, Name, Rule, Text
from decider.policy.lists import Kind
from decider.policy.source import Source

_RULE: TypeAdapter[object] = TypeAdapter(Rule)
_LIST: TypeAdapter[object] = TypeAdapter(ListSpec)
_LIMIT: TypeAdapter[object] = TypeAdapter(Limit)
_NAME: TypeAdapter[object] = TypeAdapter(Name)
_TEXT: TypeAdapter[object] = TypeAdapter(Text)


def salvage(source: Source) -> Document | None:
    """The document with parts that do nothing in place of those that do not fit; None if it is no mapping.

    Every rule stays in its place, and keeps its condition if it has one, so that problems are told where they are.
    """
    if not isinstance(source.data, dict):
        return None
    rules, lists = source.data.get("rules"), source.data.get("lists")
    return Document.model_validate(
        {
            "version": 1,
            "lists": {name: _list(spec) for name, spec in lists.items() if fits(_NAME, name)}
            if isinstance(lists, dict)
            else {},
            "rules": [_rule(index, rule) for index, rule in enumerate(rules)] if isinstance(rules, list) else [],
        }
    )


def _rule(index: int, rule: object) -> object:
    if fits(_RULE, rule):
        return rule
    kept = rule if isinstance(rule, Mapping) else {}
    name = kept.get("id") if fits(_NAME, kept.get("id")) else f"rule-{index}"
    condition = {"when": kept["when"]} if fits(_TEXT, kept.get("when")) else {}
    limit = {"limit": kept["limit"], "refuse": {}} if fits(_LIMIT, kept.get("limit")) else {"allow": {}}
    return {"id": name, **limit, **condition}


def _list(spec: object) -> object:
    if fits(_LIST, spec):
        return spec
    kind = spec.get("kind") if isinstance(spec, Mapping) else None
    return {"kind": kind if kind in tuple(Kind) else Kind.WORDS.value, "entries": []}


def fits(model: TypeAdapter[object], part: object) -> bool:
    """Whether a part fits its model."""
    try:
        model.validate_python(part)
    except ValidationError:
        return False
    return True
