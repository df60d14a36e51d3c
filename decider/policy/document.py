"""The policy document as its author writes it: the model, and its problems in words."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from decider.policy.problem import PolicyError
from decider.policy.source import Loc, Source

REFUSED = 1  # the vendor's plain refusal
OWN_CODES = range(10100, 10201)  # the vendor passes these, with the message, to the end user's client
MAX_MESSAGE = 1000  # characters
_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_ABOUT_KEYS = ("extra_forbidden", "missing")  # problems to show at a key, not at its value


class _Part(BaseModel):
    """A part of a document. Keys that it does not declare are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_code(code: int) -> int:
    if code != REFUSED and code not in OWN_CODES:
        raise ValueError(f"a code must be {REFUSED} or {OWN_CODES[0]}..{OWN_CODES[-1]}, and this is {code}")
    return code


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character U+0000 may not be in it")
    return text


def _nothing_means_empty(value: object) -> object:
    """`allow:` with nothing after it means `allow: {}`."""
    return {} if value is None else value


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=_NAME)]
AppId = Annotated[int, Field(ge=1, lt=2**63)]


class Allow(_Part):
    """The topic may be created."""


class Refuse(_Part):
    """The topic must not be created, with the code and the message for the end user's client."""

    code: Annotated[int, AfterValidator(_known_code)] = REFUSED
    message: Annotated[str, Field(max_length=MAX_MESSAGE), AfterValidator(_no_nul)] = ""


class Effect(_Part):
    """What a match leads to: exactly one of `allow` and `refuse`."""

    allow: Annotated[Allow | None, BeforeValidator(_nothing_means_empty)] = None
    refuse: Annotated[Refuse | None, BeforeValidator(_nothing_means_empty)] = None

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if (self.allow is None) == (self.refuse is None):
            raise ValueError("exactly one of `allow` and `refuse` is needed")
        return self


class Rule(Effect):
    """One rule. Without `when` it always matches; with `shadow` it decides nothing."""

    id: Name
    when: Text | None = None
    shadow: bool = False


class _Entries(_Part):
    """The entries of a list: inline, from a file (one a line, `#` comments), or both."""

    entries: list[Text] = []
    file: Text | None = None

    @model_validator(mode="after")
    def _some_entries(self) -> Self:
        if not {"entries", "file"} & self.model_fields_set:
            raise ValueError("`entries`, `file` or both are needed")
        return self


class IdList(_Entries):
    """User ids, with the wildcards `*`, `?` and `[…]`; case counts."""

    kind: Literal["ids"]


class NetworkList(_Entries):
    """IP addresses and networks."""

    kind: Literal["networks"]


class WordList(_Entries):
    """Words and phrases. `match` chooses the span that an entry must fill; `except` names harmless phrases."""

    kind: Literal["words"]
    match: Literal["word", "anywhere", "exact"] = "word"
    harmless: Annotated[list[Text], Field(alias="except")] = []


ListSpec = Annotated[IdList | NetworkList | WordList, Field(discriminator="kind")]


def _default_effect(value: object) -> object:
    """`default: allow` is short for `default: {allow: {}}`."""
    if isinstance(value, str) and value not in ("allow", "refuse"):
        raise ValueError(f"`default` must be allow, refuse or {{refuse: {{...}}}}, and this is {_shown(value)}")
    return {value: {}} if isinstance(value, str) else value


def _version(value: object) -> object:
    return 1 if value in ("1", 1) else value


class Document(_Part):
    """One policy document: for the `apps` it names, or for every app that no document names."""

    version: Annotated[Literal[1], BeforeValidator(_version)]
    apps: Annotated[list[AppId], Field(min_length=1)] | None = None
    lists: dict[Name, ListSpec] = {}
    rules: list[Rule] = []
    default: Annotated[Effect, BeforeValidator(_default_effect)] = Effect(allow=Allow())


def parse_document(source: Source) -> Document:
    """Check one document against the model. Raises PolicyError with every problem."""
    try:
        return Document.model_validate(source.data)
    except ValidationError as error:
        raise PolicyError(
            source.problem(detail["loc"], _in_words(detail, source), at_key=detail["type"] in _ABOUT_KEYS)
            for detail in error.errors()
        ) from None


def rule_named(source: Source, loc: Loc) -> str:
    """`rule "id": ` if `loc` lies in a rule that has an id."""
    match source.data, loc:
        case {"rules": list() as rules}, ("rules", int(index), *_) if index < len(rules):
            match rules[index]:
                case {"id": str(rule_id)}:
                    return f'rule "{rule_id}": '
    return ""


def _in_words(detail: ErrorDetails, source: Source) -> str:
    loc, context = detail["loc"], detail.get("ctx", {})
    name = f"`{loc[-1]}`" if loc else "the document"
    said = {
        "missing": f"{name} is missing",
        "extra_forbidden": f"the key {name} is not known{_meant(loc) if loc else ''}",
        "literal_error": f"{name} must be {context.get('expected')}, and this is {_shown(detail['input'])}",
        "union_tag_invalid": f"`kind` must be {context.get('expected_tags')}, and this is '{context.get('tag')}'",
        "union_tag_not_found": "`kind` is missing",
        "string_pattern_mismatch": f"{_shown(detail['input'])} is not a name: lower-case letters, digits, _ and -",
        "string_too_long": f"{name} must have at most {context.get('max_length')} characters",
        "value_error": str(context.get("error", "")),
        "model_type": f"{name} must be a mapping, and this is {_shown(detail['input'])}",
        "dict_type": f"{name} must be a mapping, and this is {_shown(detail['input'])}",
        "list_type": f"{name} must be a list, and this is {_shown(detail['input'])}",
        "string_type": f"{name} must be text, and this is {_shown(detail['input'])}",
        "int_parsing": f"{name} must be a whole number, and this is {_shown(detail['input'])}",
        "bool_parsing": f"{name} must be true or false, and this is {_shown(detail['input'])}",
    }.get(detail["type"], f"{name}: {detail['msg']}")
    return rule_named(source, loc) + said


def _meant(loc: Loc) -> str:
    close = get_close_matches(str(loc[-1]), _known_keys(loc), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _known_keys(loc: Loc) -> Iterator[str]:
    """The keys that a document knows at the place of `loc`."""
    at: dict[str, type[BaseModel]] = {
        "ids": IdList,
        "networks": NetworkList,
        "words": WordList,
        "refuse": Refuse,
    }
    parent: Any = loc[-2] if len(loc) > 1 else None
    model = Document if parent is None else Rule if isinstance(parent, int) else at.get(parent, Effect)
    return (field.alias or name for name, field in model.model_fields.items())


def _shown(value: object) -> str:
    kinds: dict[type, str] = {dict: "a mapping", list: "a list", type(None): "empty"}
    return kinds.get(type(value)) or f"'{str(value)[:40]}'"
