"""Documents checked against their models: pydantic, with every problem in words and in its place."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from decider.policy.problem import PolicyError
from decider.policy.source import Loc, Source


class Part(BaseModel):
    """A part of a document. Keys that it does not declare are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Document = TypeVar("Document", bound=Part)


def check(source: Source, model: type[Document]) -> Document:
    """Check a document against its model. Raises PolicyError with every problem, those of its YAML too."""
    try:
        document = model.model_validate(source.data)
    except ValidationError as error:
        problems = (
            source.problem(detail["loc"], in_words(detail, source, model), at_key=_is_about_key(detail))
            for detail in error.errors()
        )
        raise PolicyError([*source.problems, *problems]) from None
    if source.problems:
        raise PolicyError(source.problems)
    return document


def shown(value: object) -> str:
    """A value as problems show it: short, or what kind of thing it is."""
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", type(None): "empty"}
    return kinds.get(type(value)) or f"'{str(value)[:40]}'"


def _is_about_key(detail: ErrorDetails) -> bool:
    """Whether a problem is to be shown at a key, and not at its value."""
    return detail["type"] in ("extra_forbidden", "missing") or detail["loc"][-1:] == ("[key]",)


def in_words(detail: ErrorDetails, source: Source, model: type[Part]) -> str:
    """What pydantic found, as an author of documents would say it."""
    loc, context, given = detail["loc"], detail.get("ctx", {}), shown(detail["input"])
    name = f"`{loc[-1]}`" if loc and isinstance(loc[-1], str) else "this entry" if loc else "the document"
    said = {
        "missing": f"{name} is missing",
        "extra_forbidden": f"the key {name} is not known{_meant(loc, model)}",
        "literal_error": f"{name} must be {context.get('expected')}, and this is {given}",
        "enum": f"{name} must be {context.get('expected')}, and this is {given}",
        "union_tag_invalid": f"`kind` must be {context.get('expected_tags')}, and this is '{context.get('tag')}'",
        "union_tag_not_found": "`kind` is missing",
        "string_pattern_mismatch": f"{given} is not a name: lower-case letters, digits, _ and -",
        "string_too_short": f"{name} must not be empty",
        "too_short": f"{name} must not be empty",
        "string_too_long": f"{name} must have at most {context.get('max_length')} characters",
        "string_type": f"{name} must be text, and this is {given}",
        "model_type": f"{name} must be a mapping, and this is {given}",
        "dict_type": f"{name} must be a mapping, and this is {given}",
        "list_type": f"{name} must be a list, and this is {given}",
        "int_parsing": f"{name} must be a whole number, and this is {given}",
        "greater_than_equal": f"{name} must be at least {context.get('ge')}, and this is {given}",
        "less_than_equal": f"{name} must be at most {context.get('le')}, and this is {given}",
        "less_than": f"{name} must be less than {context.get('lt')}, and this is {given}",
        "bool_parsing": f"{name} must be true or false, and this is {given}",
        "value_error": str(context.get("error")),
    }.get(detail["type"], f"{name}: {detail['msg']}")
    return _rule_named(source, loc) + said


def _rule_named(source: Source, loc: Loc) -> str:
    """`rule "id": ` if the place lies in a rule that has an id."""
    match source.data, loc:
        case {"rules": list() as rules}, ("rules", int(index), *_) if index < len(rules):
            match rules[index]:
                case {"id": str(rule_id)}:
                    return f'rule "{rule_id}": '
    return ""


def _meant(loc: Loc, model: type[Part]) -> str:
    """What the author may have meant: a key of the document itself, or of any of its parts."""
    if not loc:
        return ""
    top = {field.alias or name for name, field in model.model_fields.items()}
    close = get_close_matches(str(loc[-1]), top if len(loc) == 1 else set(_keys(Part)) - {str(loc[-1])}, n=1)
    return f" here; did you mean `{close[0]}`?" if close else " here"


def _keys(part: type[BaseModel]) -> Iterator[str]:
    """Every key that some part of some document knows."""
    yield from (field.alias or name for name, field in part.model_fields.items())
    for special in part.__subclasses__():
        yield from _keys(special)
