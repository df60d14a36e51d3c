"""What every store of limits does: one contract, with one body of tests run over all of them.

A store keeps, for each counter, the times at which requests were admitted, and works out the rolling window that ends
now from them. Looking, admitting and recording are one atomic step, by one clock for all who share the store. That
clock never goes back, so that an admission counts for its whole window whatever becomes of the time of day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from decider.policy.limit import Usage

RECEIPT_SECONDS = 600  # how long a decision is recorded for a caller that repeats its request


class StoreError(Exception):
    """A store that did not do what it was asked, or not in time, and why, in words."""


@dataclass(frozen=True, slots=True)
class Counter:
    """What one limit counts under one key: at most `count` admitted in any `per` seconds.

    One that is not `binding` is counted where there is room, and keeps nobody from being admitted.
    """

    key: str
    count: int
    per: int
    binding: bool = True


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision to record under a key; or, without content, only to look for."""

    key: str
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The usage of each counter. `recorded`: what an earlier call recorded, and the usages are those of then."""

    usages: Sequence[Usage]
    recorded: bytes | None = None


class Store(Protocol):
    """Safe for several threads. What is asked for in one call is of one app: a cluster keeps it together."""

    workers: int
    """How many calls at once it can make use of."""

    system: str
    """What it is, as OpenTelemetry names it in `db.system.name`."""

    def settle(
        self, counters: Sequence[Counter], receipt: Receipt | None, *, take: bool, deadline: float
    ) -> Settlement:
        """Look at the counters; with `take`, and room in all that are binding, count one more in each with room.

        With a receipt: what is recorded under its key is returned, and then nothing is counted; else its content is
        recorded. Nothing is changed after `deadline`, in seconds of the monotonic clock, as far as it can be helped.
        Raises StoreError.
        """

    def reset(self, key: str, deadline: float) -> int:
        """Forget who was admitted under a counter's key; returns how many that were. Raises StoreError."""

    def close(self) -> None:
        """Let go of what it holds open."""
