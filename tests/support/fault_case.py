"""One fault under a steady load: what must hold of every answer, whatever the fault is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from footprints import Footprint
from hammer import Replica
from processes import TIMEOUT, eventually
from steady_load import RATE, Reply, SteadyLoad

VENDOR_WAITS = 2.0  # seconds
_IN_A_ROW = 20  # verdicts, and nothing else among them, that show that verdicts are back


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured of one fault."""

    fault: str
    replies: int
    fallbacks: int
    longest: float
    back: float


class Case:
    """Webhooks come in from its entering to its leaving; between, a test breaks something and mends it."""

    def __init__(self, fault: str, adapters: Sequence[Replica], deciders: Sequence[Replica], *, back: float) -> None:
        """`back`: within how many seconds after the fault there have to be verdicts, and verdicts only."""
        self.fault = fault
        self._replicas = [*adapters, *deciders]
        self._back = back
        # Where webhooks go; what is added or taken away counts from the next one on, as with a load balancer.
        self.endpoints = [adapter.address for adapter in adapters]
        self._broken = self._mended = float("inf")
        self._before: list[Footprint] = []
        self.findings: list[Finding] = []

    def __enter__(self) -> "Case":
        self._load = SteadyLoad(self.endpoints)
        try:
            self._wait_for_verdicts(time.monotonic(), TIMEOUT)
        except BaseException:
            self._load.stop()
            raise
        self._before = [Footprint.of(replica.program.pid) for replica in self._replicas]
        self._broken = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        replies = self._load.stop()
        if error is None:
            self._judge(replies)

    @property
    def fallbacks(self) -> int:
        """How many got on_failure's answer."""
        return self.findings[0].fallbacks

    def lasts(self, webhooks: int) -> None:
        """Let the fault last until so many more are sent; 40 are a second."""
        self._load.sends(webhooks)

    def lasts_seconds(self, seconds: float) -> None:
        """Let it last for a while."""
        self.lasts(round(seconds * RATE))

    def until(self, text: str, replica: Replica) -> None:
        """Let it last until a program has written a text."""
        replica.program.wait_for(text)

    def falls_back(self) -> None:
        """Let it last until somebody has got on_failure's answer."""
        eventually(lambda: any(reply.fell_back for reply in list(self._load.replies)), "a fallback")

    def mended(self) -> None:
        """Say that the fault has ended, and wait until there are verdicts again."""
        self._mended = time.monotonic()
        self._wait_for_verdicts(self._mended, self._back + TIMEOUT)

    def _wait_for_verdicts(self, since: float, timeout: float) -> None:
        eventually(lambda: self._are_back(since), f"verdicts, {self.fault}", timeout)

    def _are_back(self, since: float) -> bool:
        recent = [reply for reply in list(self._load.replies) if reply.sent >= since and reply.webhook.tells]
        last = sorted(recent, key=lambda reply: reply.sent)[-_IN_A_ROW:]
        return len(last) == _IN_A_ROW and all(reply.decided for reply in last)

    def _judge(self, replies: Sequence[Reply]) -> None:
        assert [reply for reply in replies if not reply.status] == [], "not answered"
        assert [reply for reply in replies if reply.status != 200 or "server:" in reply.head.lower()] == []
        explained = [(reply.webhook.verdict, reply.webhook.fallback) for reply in replies]
        assert [r for r, bodies in zip(replies, explained, strict=True) if r.body not in bodies] == [], "not explained"
        fallbacks = [reply for reply in replies if reply.fell_back]
        assert [reply for reply in fallbacks if reply.answered < self._broken] == [], "a fallback before the fault"
        longest = max(reply.seconds for reply in replies)
        back = max([0.0, *(reply.sent - self._mended for reply in fallbacks)])
        finding = Finding(self.fault, len(replies), len(fallbacks), longest, back)
        self.findings.append(finding)
        assert longest < VENDOR_WAITS + self._load.stalled, finding
        assert back < self._back, finding
        for replica, before in zip(self._replicas, self._before, strict=True):
            self._wait_for_footprint(replica, before)

    def _wait_for_footprint(self, replica: Replica, before: Footprint) -> None:
        def is_back() -> bool:
            return Footprint.of(replica.program.pid).is_back_to(before)

        try:
            eventually(is_back, "the footprint of before")
        except AssertionError:
            raise AssertionError(f"{before} became {Footprint.of(replica.program.pid)}") from None
