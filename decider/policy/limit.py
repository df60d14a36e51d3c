"""Limits: what a rule admits in a rolling window, what one request claims of it, and how far it is used."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from decider.policy.expression import Key
from decider.policy.span import in_short

PLACEHOLDERS = ("count", "per", "retry_after")  # what the message of a rule with a limit may use, in braces
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Terms:
    """At most `count` admitted in any `per` seconds. `skip`: where nobody can say, the rule is passed over."""

    count: int
    per: int
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a rule: its terms, and what the admitted are counted by."""

    terms: Terms
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's claim to a limit: the rule, the texts it is counted by, and the terms.

    A claim in shadow counts apart, and never keeps a request from being admitted.
    """

    rule_id: str
    key: Sequence[str]
    terms: Terms
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """How far a limit is used: what the window that ends now has, a request that was just admitted included.

    `frees_in` is in seconds: when the next one leaves the window, or when there is room again; None where none is
    used. `full`: there was no room for the request.
    """

    used: int
    frees_in: float | None
    full: bool


class LimitsUnavailable(Exception):
    """Nobody can say how far the limits are used."""


class Ledger(Protocol):
    """Knows how far limits are used."""

    def settle(self, claims: Sequence[Claim], *, take: bool) -> Sequence[Usage]:
        """The usage of each claim. With `take`, and room for all that are not in shadow, the request is counted.

        Raises LimitsUnavailable.
        """


class Unused:
    """A ledger in which nothing is used, but for the rules that `used` names; it counts nothing."""

    def __init__(self, used: Mapping[str, int] | None = None) -> None:
        self._used = used or {}

    def settle(self, claims: Sequence[Claim], *, take: bool) -> Sequence[Usage]:
        """Say what was given."""
        return [self._usage(claim) for claim in claims]

    def _usage(self, claim: Claim) -> Usage:
        used = self._used.get(claim.rule_id, 0)
        return Usage(used, float(claim.terms.per) if used else None, used >= claim.terms.count)


class Unknown:
    """A ledger that does not know: as where the store does not answer."""

    def settle(self, claims: Sequence[Claim], *, take: bool) -> Sequence[Usage]:
        """Say so."""
        raise LimitsUnavailable("the store does not answer")


def unknown_placeholder(message: str) -> str:
    """The first word in braces that stands for nothing; empty if there is none."""
    return next((word for word in _PLACEHOLDER.findall(message) if word not in PLACEHOLDERS), "")


def reads_usage(message: str) -> bool:
    """Whether a message has a word in braces that stands for something."""
    return any(word in PLACEHOLDERS for word in _PLACEHOLDER.findall(message))


def fill_in(message: str, terms: Terms, usage: Usage) -> str:
    """A message with the words in braces replaced: the count, the window, and when to try again."""
    words = {"count": str(terms.count), "per": in_short(terms.per), "retry_after": in_short(usage.frees_in or 0)}
    return _PLACEHOLDER.sub(lambda found: words[found[1]], message)


def longest(message: str, terms: Terms) -> str:
    """The longest text that a message can become."""
    return fill_in(message, terms, Usage(terms.count, 365 * 86_400 + 23 * 3600, full=True))
