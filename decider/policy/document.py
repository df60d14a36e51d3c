"""The policy document as its author writes it."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from decider.policy.limit import Terms
from decider.policy.model import Part, check, shown
from decider.policy.source import Loc, Source
from decider.policy.span import parse_span

REFUSED = 1  # the vendor's plain refusal
OWN_CODES = range(10100, 10201)  # the vendor passes these, with the message, to the end user's client
MAX_MESSAGE = 1000  # characters
_CODE_SCHEMA = {
    "type": "integer",
    "anyOf": [{"const": REFUSED}, {"minimum": OWN_CODES[0], "maximum": OWN_CODES[-1]}],
}
MAX_COUNT = 10_000  # of a limit; each one admitted is kept until it has left the window
_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


def _known_code(code: int) -> int:
    if code != REFUSED and code not in OWN_CODES:
        raise ValueError(f"a code must be {REFUSED} or {OWN_CODES[0]}..{OWN_CODES[-1]}, and this is {code}")
    return code


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character U+0000 may not be in it")
    return text


def _span(value: object) -> object:
    """The text `1d` as seconds."""
    return parse_span(value if isinstance(value, str) else shown(value))


def _true_or_false(value: object) -> object:
    """The text `true` or `false`: YAML's other words for them mean different things to different programs."""
    if value not in ("true", "false", True, False):
        raise ValueError(f"must be true or false, and this is {shown(value)}")
    return value


def _nothing_means_empty(value: object) -> object:
    """`allow:` with nothing after it means `allow: {}`."""
    return {} if value is None else value


def _something(value: object) -> object:
    """A key with nothing after it is hardly meant to say what its absence says."""
    if value is None:
        raise ValueError("there is nothing after the key; without a value, leave the key out")
    return value


# In an editor's eyes a user id 0123 or a word `no` is a number or a bool; here it is the text that was written.
_WRITTEN = ["string", "number", "boolean"]
Text = Annotated[str, Field(min_length=1), WithJsonSchema({"type": _WRITTEN, "minLength": 1})]
Name = Annotated[str, Field(pattern=_NAME), WithJsonSchema({"type": _WRITTEN, "pattern": _NAME})]
_Message = Annotated[
    str,
    Field(max_length=MAX_MESSAGE),
    AfterValidator(_no_nul),
    WithJsonSchema({"type": _WRITTEN, "maxLength": MAX_MESSAGE}),
]
_Flag = Annotated[bool, BeforeValidator(_true_or_false)]
AppId = Annotated[int, Field(ge=1, lt=2**63)]
_Apps = Annotated[list[AppId], Field(min_length=1)]
_Given = Annotated[Text | None, BeforeValidator(_something, json_schema_input_type=Text)]


class Allow(Part):
    """The topic may be created."""


class Refuse(Part):
    """The topic must not be created, with the code and the message for the end user's client."""

    code: Annotated[int, AfterValidator(_known_code), WithJsonSchema(_CODE_SCHEMA)] = REFUSED
    """1, the plain refusal, or 10100..10200, a code of your own that reaches the client with the message."""
    message: _Message = ""
    """For the end user."""


class Effect(Part):
    """What a match leads to: exactly one of `allow` and `refuse`."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["allow"]}, {"required": ["refuse"]}]})

    allow: Annotated[Allow | None, BeforeValidator(_nothing_means_empty)] = None
    """The topic may be created."""
    refuse: Annotated[Refuse | None, BeforeValidator(_nothing_means_empty)] = None
    """The topic must not be created."""

    @model_validator(mode="after")
    def _one_effect(self) -> Self:
        if (self.allow is None) == (self.refuse is None):
            raise ValueError("exactly one of `allow` and `refuse` is needed")
        return self


def _one_or_more(value: object) -> object:
    """A key of one expression is short for a list of one."""
    return [value] if isinstance(value, str) else value


class Limit(Part):
    """A rolling window: how many are admitted in it, counted by a key."""

    count: Annotated[int, Field(ge=1, le=MAX_COUNT)]
    """How many requests that end up allowed there may be in any window."""
    per: Annotated[int, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhdw]$"})]
    """The window's length: 30s, 10m, 1h, 1d, 1w; at most 366d."""
    key: Annotated[
        list[Text], Field(min_length=1), BeforeValidator(_one_or_more, json_schema_input_type=Text | list[Text])
    ]
    """What is counted apart, in CEL: text or a list of texts, such as request.operator_user_id."""
    on_store_failure: Literal["fail", "skip"] = "fail"
    """When nobody can say how many there were: `fail`, the decision; or `skip` this rule."""

    @property
    def terms(self) -> Terms:
        """The limit without its key."""
        return Terms(self.count, self.per, skip=self.on_store_failure == "skip")


class Rule(Effect):
    """One rule. Without `when` it always matches; with `limit`, when it is used up; in `shadow` it decides nothing."""

    id: Name
    """Unique in the document; answers, the journal and the metrics carry it."""
    when: _Given = None
    """The condition, in CEL; absent: always."""
    limit: Annotated[Limit | None, BeforeValidator(_something, json_schema_input_type=Limit)] = None
    """The rule matches where `when` holds and the limit's key has used up its count."""
    shadow: _Flag = False
    """Evaluated and reported, decides nothing."""

    def expressions(self) -> Iterator[tuple[Loc, str]]:
        """Every expression of the rule, with its place in it."""
        if self.when is not None:
            yield ("when",), self.when
        for number, key in enumerate(self.limit.key if self.limit else ()):
            yield ("limit", "key", number), key

    @model_validator(mode="after")
    def _limit_refuses(self) -> Self:
        if self.limit is None:
            return self
        if self.refuse is None:
            raise ValueError("a rule with `limit` must have `refuse`: it says what happens when the limit is used up")
        return self


class _Entries(Part):
    """The entries of a list: inline, from a file (one a line, `#` comments), or both."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["entries"]}, {"required": ["file"]}]})

    entries: list[Text] = Field(default_factory=list)
    """The entries, or some of them."""
    file: _Given = None
    """A file within the policy folder: one entry a line, UTF-8, `#` begins a comment."""

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
    """Whole words, also parts of words, or the whole name."""
    harmless: list[Text] = Field(default_factory=list, alias="except")
    """Phrases that excuse what they contain."""


ListSpec = Annotated[IdList | NetworkList | WordList, Field(discriminator="kind")]


def _default_effect(value: object) -> object:
    """`default: allow` is short for `default: {allow: {}}`."""
    if not isinstance(value, dict) and value not in ("allow", "refuse"):
        raise ValueError(f"`default` must be allow, refuse or {{refuse: {{...}}}}, and this is {shown(value)}")
    return {value: {}} if isinstance(value, str) else value


_Default = Literal["allow", "refuse"] | Effect


def exactly_1(value: object) -> object:
    """The version as a number, from the text in the document."""
    return 1 if value in ("1", 1) else value


class Document(Part):
    """One policy document: for the `apps` it names, or for every app that no document names."""

    version: Annotated[Literal[1], BeforeValidator(exactly_1), WithJsonSchema({"enum": [1, "1"]})]
    apps: Annotated[_Apps | None, BeforeValidator(_something, json_schema_input_type=_Apps)] = None
    """The SDKAppIDs it is for; absent: every app without a document of its own."""
    lists: dict[Name, ListSpec] = Field(default_factory=dict)
    """Named lists, which facts such as `name.lists` refer to."""
    rules: list[Rule] = Field(default_factory=list)
    """Tried in order; the first match decides."""
    default: Annotated[Effect, BeforeValidator(_default_effect, json_schema_input_type=_Default)] = Effect(
        allow=Allow()
    )


def parse_document(source: Source) -> Document:
    """Check one document against the model. Raises PolicyError with every problem."""
    return check(source, Document)
