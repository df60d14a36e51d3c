"""Whether the decider lives, and whether it is ready: which of its parts are not, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from decider.admin import Component
from decider.slot import PolicySlot

_READY: Final = ("SERVING", "SHEDDING")


class Resting(Protocol):
    """Something that may be left alone for a while."""

    @property
    def left_alone(self) -> bool:
        """Whether it is."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """`ask` tells what the gRPC server's health says, or nothing; `draining` whether the decider was told to end."""

    ask: Callable[[], str]
    active: PolicySlot
    store: Resting
    draining: Callable[[], bool]

    def problem(self) -> str:
        """Why the process had better be started anew; empty: it lives. One that ends by itself is left to it."""
        return "" if self.draining() or self.ask() else "the gRPC server does not answer"

    def components(self) -> Sequence[Component]:
        """The parts, each with how it is."""
        return [self._server(), self._policy(), self._limits()]

    def _server(self) -> Component:
        if self.draining():
            return Component("server", False, "draining")
        said = self.ask()
        # Too many calls are no reason to leave: those who are sent elsewhere would be too many there.
        return Component("server", said in _READY, said.lower().replace("_", " ") or "does not answer")

    def _policy(self) -> Component:
        if self.active.loaded is None:
            return Component("policy", False, "not loaded yet")
        # One that is out of date decides as well as it did before; all replicas would leave at the same time.
        return Component("policy", True, "a change on disk cannot be used" if self.active.failure else "loaded")

    def _limits(self) -> Component:
        # The store is the same for all replicas. Were it to count, all would leave at once, and nobody would decide
        # the requests that need no limit, nor those whose rules say what then: on_store_failure.
        return Component("limits", True, "store left alone after failures" if self.store.left_alone else "asked")
