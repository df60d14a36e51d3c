"""Webhooks at a steady rate, whatever becomes of those before, and everything that was answered to them."""

import http.client
import itertools
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from processes import eventually
from webhooks import WEBHOOKS, Webhook

GIVE_UP = 10.0  # seconds; five times what the vendor waits, so that late and never are told apart
RATE = 40.0  # webhooks a second
_SENDERS = 160  # at that rate, enough for all to wait for twice the vendor's time


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one webhook; without a status nothing did, for the reason that `problem` tells."""

    webhook: Webhook
    sent: float
    answered: float
    status: int = 0
    head: str = ""
    body: bytes = b""
    problem: str = ""

    @property
    def seconds(self) -> float:
        """What it took, as the sender sees it, its connecting included."""
        return self.answered - self.sent

    @property
    def fell_back(self) -> bool:
        """Whether it is on_failure's answer and surely not the policy's."""
        return self.webhook.tells and self.body == self.webhook.fallback

    @property
    def decided(self) -> bool:
        """Whether it is the policy's answer and surely not on_failure's."""
        return self.webhook.tells and self.body == self.webhook.verdict


class SteadyLoad:
    """Sends from now on, each webhook on a connection of its own, to any of the adapters, until told to stop.

    One that is refused a connection is sent to the next adapter, as a load balancer does; nothing else is sent twice.
    """

    def __init__(self, adapters: Sequence[str], rate: float = RATE) -> None:
        self._adapters = adapters
        self._rate = rate
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(_SENDERS)
        self.sent = 0
        # How late, in seconds, a webhook was sent at most: the machine let nobody run for as long.
        self.stalled = 0.0
        self.replies: list[Reply] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def sends(self, count: int) -> None:
        """Wait until so many more are sent."""
        goal = self.sent + count
        eventually(lambda: self.sent >= goal, f"{count} webhooks sent")

    def stop(self) -> list[Reply]:
        """Stop, wait for every webhook under way, and give all replies in the order in which they were sent."""
        self._stopping.set()
        self._thread.join()
        self._senders.shutdown()
        assert len(self.replies) == self.sent, "a sender failed"
        return sorted(self.replies, key=lambda reply: reply.sent)

    def _run(self) -> None:
        begin, chance = time.monotonic(), random.Random(1)
        for number in itertools.count():
            due = begin + number / self._rate
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            self.stalled = max(self.stalled, time.monotonic() - due)
            # By chance, for what takes turns would have each adapter and each decider get webhooks of one kind only.
            adapters = list(self._adapters)
            self._senders.submit(self._send, chance.choice(WEBHOOKS), chance.sample(adapters, len(adapters)))
            self.sent += 1

    def _send(self, webhook: Webhook, adapters: Sequence[str]) -> None:
        sent = time.monotonic()
        for address in adapters:
            try:
                self.replies.append(_exchange(address, webhook, sent))
                return
            except ConnectionRefusedError:
                continue
            except (OSError, http.client.HTTPException) as error:
                self.replies.append(Reply(webhook, sent, time.monotonic(), problem=repr(error)))
                return
        self.replies.append(Reply(webhook, sent, time.monotonic(), problem="every adapter refused to be connected"))


def _exchange(address: str, webhook: Webhook, sent: float) -> Reply:
    connection = http.client.HTTPConnection(address, timeout=GIVE_UP)
    try:
        connection.request("POST", f"/?{webhook.query()}", webhook.body())
        answer = connection.getresponse()
        body = answer.read()
        return Reply(webhook, sent, time.monotonic(), answer.status, str(answer.headers), body)
    finally:
        connection.close()
