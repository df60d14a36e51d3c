"""Whether the adapter lives, and whether it is ready: which of its parts are not, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from adapter.admin import Component
from adapter.client import Decider
from adapter.task import CLOCK

# Seconds after which the loop hangs: it turns once a second, and longer than the vendor waits is too long.
_HANGS: Final = 5.0
# Seconds to find a decider; probes wait for one.
_PATIENCE: Final = 0.8


class Looping(Protocol):
    """What serves the webhook."""

    draining: bool
    turned: float  # when its loop last did, by CLOCK


@dataclass(frozen=True, slots=True)
class Readiness:
    """`without_decider`: whether the adapter is ready while no decider is to be had."""

    listener: Looping
    decider: Decider
    without_decider: bool

    def problem(self) -> str:
        """Return why the process had better be started anew; empty: it lives."""
        still = CLOCK() - self.listener.turned
        return f"the loop has stood still for {still:.1f} s" if still > _HANGS else ""

    def components(self) -> Sequence[Component]:
        """Return the parts, each with how it is."""
        return [self._listener(), self._decider()]

    def _listener(self) -> Component:
        if self.listener.draining:
            return Component("listener", False, "draining")
        problem = self.problem()
        return Component("listener", not problem, problem or "serving")

    def _decider(self) -> Component:
        if self.decider.reachable(_PATIENCE):
            return Component("decider", True, "reachable")
        return Component("decider", self.without_decider, "none is reachable and serving: on_failure applies")
