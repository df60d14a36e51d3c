"""A test suite as its author writes it."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from decider.policy.document import Name, exactly_1
from decider.policy.model import Part
from decider.requests import FIELDS
from decider.undecided import Cause

Fields = Annotated[dict[str, object], WithJsonSchema({"type": "object", "propertyNames": {"enum": list(FIELDS)}})]
# A row that is no list is told with the row's other problems, so that it does not hide those of the other rows.
_Row = Annotated[object, WithJsonSchema({"type": "array", "items": {}})]
Rows = Annotated[list[_Row], Field(min_length=1)]
Columns = Annotated[list[str], Field(min_length=1)]


class Expected(Part):
    """What a case expects; only what is given is compared."""

    verdict: Literal["allow", "refuse"] | None = None
    code: int | None = None
    rule: str | None = None
    """The id of the rule that decides; empty: the document's default."""
    message: str | None = None
    shadow: list[Name] | None = None
    """The rules in shadow that match, in order."""
    undecided: Cause | None = None
    """There is no decision, by this cause."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"at least one of {', '.join(type(self).model_fields)} is needed")
        return self


# How far the limits of rules are used, by the rule's id; or that nobody can say.
Used = dict[Name, Annotated[int, Field(ge=0)]] | Literal["unknown"]


class Case(Part):
    """One request and what is expected of it; `used`: how far limits are used, none where it does not say."""

    name: str = ""
    request: Fields = Field(default_factory=dict)
    now: str | None = None
    used: Used = Field(default_factory=dict)
    expect: Expected


class Table(Part):
    """Many cases that differ in a few columns: fields of the request, `now`, `name`, and what is expected."""

    name: str = ""
    request: Fields = Field(default_factory=dict)
    now: str | None = None
    used: Used = Field(default_factory=dict)
    columns: Columns
    rows: Rows


class Suite(Part):
    """One suite: `request` and `now` are for every case that does not say otherwise."""

    version: Annotated[Literal[1], BeforeValidator(exactly_1), WithJsonSchema({"enum": [1, "1"]})]
    request: Fields = Field(default_factory=dict)
    now: str | None = None
    cases: list[Case] = Field(default_factory=list)
    tables: list[Table] = Field(default_factory=list)
