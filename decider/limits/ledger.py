"""The ledger: claims of requests as counters of a store, under keys of a bounded length."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from decider.limits.guard import Guard
from decider.limits.store import Counter, Receipt, Settlement, StoreError
from decider.policy.limit import Claim, LimitsUnavailable, Usage


class Space(StrEnum):
    """What is counted apart: the policy in use, and the candidate beside it."""

    ACTIVE = "active"
    CANDIDATE = "candidate"


def counter_key(app_id: int, rule_id: str, key: Sequence[str], *, shadow: bool, space: Space = Space.ACTIVE) -> str:
    """The key of a counter: readable up to the rule, then a digest of what the rule counts by.

    What stands in braces is what a Redis Cluster places keys by: those of one app are on one node.
    """
    texts = json.dumps(list(key), ensure_ascii=False).encode()
    return f"topic-gate:{{{app_id}}}:{space}{'-shadow' if shadow else ''}:{rule_id}:{_digest(texts)}"


def counter_of(app_id: int, claim: Claim, space: Space = Space.ACTIVE) -> Counter:
    """What a claim is counted by."""
    key = counter_key(app_id, claim.rule_id, claim.key, shadow=claim.shadow, space=space)
    return Counter(key, claim.terms.count, claim.terms.per, binding=not claim.shadow)


def receipt_key(app_id: int, caller: str, content: bytes) -> str:
    """The key under which a caller's request is recorded; `content` is all that makes it the same request."""
    return f"topic-gate:{{{app_id}}}:receipt:{_digest(caller.encode(), content)}"


def _digest(*parts: bytes) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Settles the claims of requests with a store that always answers in time."""

    guard: Guard

    @property
    def store(self) -> str:
        """What sort of store it is, in the words of those who trace calls."""
        return self.guard.store

    def settle(
        self,
        app_id: int,
        claims: Sequence[Claim],
        receipt: Receipt | None,
        *,
        take: bool,
        time_left: float | None,
        space: Space = Space.ACTIVE,
    ) -> Settlement:
        """As of Store, for claims in one app. Raises LimitsUnavailable."""
        counters = [counter_of(app_id, claim, space) for claim in claims]
        needed = space is Space.ACTIVE and any(counter.binding for counter in counters)
        try:
            return self.guard.settle(counters, receipt, take=take, time_left=time_left, needed=needed)
        except StoreError as error:
            raise LimitsUnavailable(str(error)) from error


@dataclass(frozen=True, slots=True)
class CandidateLedger:
    """The engine's ledger for one request to the candidate policy, which counts apart."""

    ledger: Ledger
    app_id: int
    time_left: float | None

    def settle(self, claims: Sequence[Claim], *, take: bool) -> Sequence[Usage]:
        """See the engine's Ledger."""
        settled = self.ledger.settle(
            self.app_id, claims, None, take=take, time_left=self.time_left, space=Space.CANDIDATE
        )
        return settled.usages
