"""The compiled policy: what decides. Immutable, so that one decision sees one revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decider.policy.expression import Condition, Language
from decider.policy.facts import Lists
from decider.policy.limit import Limit
from decider.policy.lists import Kind


@dataclass(frozen=True, slots=True)
class Effect:
    """What a match leads to. `code` is 0 when allowed, else 1 or 10100..10200; `message` is for the end user."""

    allowed: bool
    code: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; without a condition it always holds, and in shadow it decides nothing.

    It matches where its condition holds and, if it has a limit, that is used up.
    """

    id: str
    condition: Condition | None
    effect: Effect
    shadow: bool
    limit: Limit | None = None


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

    @property
    def has_limits(self) -> bool:
        """Whether any rule has a limit."""
        return any(rule.limit for rule in self.rules)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Policy:
    """All documents of one revision, a digest of every byte that they are made of."""

    revision: str
    documents: Sequence[Document]  # the default document last
    by_app: Mapping[int, Document]
    default: Document | None
    language: Language  # that its conditions were compiled in

    @property
    def has_limits(self) -> bool:
        """Whether any rule has a limit."""
        return any(document.has_limits for document in self.documents)

    def document_for(self, app_id: int) -> Document | None:
        """The document that names the app, else the default document, if there is one."""
        return self.by_app.get(app_id, self.default)
