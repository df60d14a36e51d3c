"""The compiled policy: what decides. Immutable, so that one decision sees one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decider.policy.expression import Condition, Language
from decider.policy.facts import Lists
from decider.policy.lists import Kind


@dataclass(frozen=True, slots=True)
class Effect:
    """What a match leads to. `code` is 0 when allowed, else 1 or 10100..10200; `message` is for the end user."""

    allowed: bool
    code: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; without a condition it always matches, and in shadow it decides nothing."""

    id: str
    condition: Condition | None
    effect: Effect
    shadow: bool


@dataclass(frozen=True, slots=True)
class ListSize:
    """A list as `GetPolicy` tells of it: its entries can be many, and private."""

    name: str
    kind: Kind
    size: int


@dataclass(frozen=True, slots=True)
class Document:
    """One compiled document: for `apps`, or the default document where it names none."""

    path: str
    apps: Sequence[int]
    lists: Lists
    sizes: Sequence[ListSize]
    rules: Sequence[Rule]
    default: Effect


@dataclass(frozen=True, slots=True)
class Policy:
    """All documents of one revision, a digest of every byte that they are made of."""

    revision: str
    documents: Sequence[Document]  # the default document last
    by_app: Mapping[int, Document]
    default: Document | None
    language: Language  # that its conditions were compiled in

    def document_for(self, app_id: int) -> Document | None:
        """The document that names the app, else the default document, if there is one."""
        return self.by_app.get(app_id, self.default)
