"""Webhooks at a steady rate, whatever becomes of those before, and everything that was answered to them."""

import http.client
import itertools
import json
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from processes import eventually

from adapter.signature import sign

TOKEN = "under-load"
ALLOWING, REFUSING = "1400000001", "1400000002"  # by what they get while there is no verdict
APPS = json.dumps(
    {app: {"tokens": [TOKEN], "on_failure": how} for app, how in ((ALLOWING, "allow"), (REFUSING, "refuse"))}
)
POLICY = """\
version: 1
lists:
  spam: {kind: words, entries: [casino]}
rules:
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "That name is not allowed."}
"""
# What POLICY lets through is counted, so that a verdict needs the store of limits.
COUNTED = (
    POLICY.replace("{", "{{").replace("}", "}}")
    + """\
  - id: many
    limit: {{count: 10000, per: 1h, key: '"all"', on_store_failure: {trouble}}}
    refuse: {{code: 10103}}
"""
)
ALLOWED = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
REFUSED = b'{"ActionStatus":"OK","ErrorInfo":"That name is not allowed.","ErrorCode":10101}'
UNAVAILABLE = (
    b'{"ActionStatus":"OK","ErrorInfo":"Topics cannot be created at the moment. Please try again later.","ErrorCode":1}'
)
GIVE_UP = 10.0  # seconds; five times what the vendor waits, so that late and never are told apart

_COMMAND = "Group.CallbackBeforeCreateTopic"
_SENDERS = 160  # at 40 a second, enough for all to wait for twice the vendor's time


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is asked, and the only two answers to it that anything explains: the policy's and on_failure's."""

    app: str
    name: str
    verdict: bytes
    fallback: bytes

    @property
    def tells(self) -> bool:
        """Whether its answer shows which of the two it is."""
        return self.verdict != self.fallback

    def body(self) -> bytes:
        """The webhook's JSON."""
        fields = {"Operator_Account": "leckie", "Type": "Community", "Name": self.name}
        return json.dumps({"CallbackCommand": _COMMAND, **fields}).encode()

    def query(self) -> str:
        """Its parameters, signed as of now."""
        now = str(int(time.time()))
        return urlencode(
            {"SdkAppid": self.app, "CallbackCommand": _COMMAND, "Sign": sign(TOKEN, now), "RequestTime": now}
        )


WEBHOOKS = [
    Webhook(app, name, verdict, fallback)
    for app, fallback in ((ALLOWING, ALLOWED), (REFUSING, UNAVAILABLE))
    for name, verdict in (("Board games", ALLOWED), ("Casino night", REFUSED))
]


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

    def __init__(self, adapters: Sequence[str], rate: float = 40.0) -> None:
        self._adapters = adapters
        self._rate = rate
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(_SENDERS)
        self.sent = 0
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
            if self._stopping.wait(max(0.0, begin + number / self._rate - time.monotonic())):
                return
            # By chance, for what takes turns would have each adapter and each decider get webhooks of one kind only.
            self._senders.submit(
                self._send, chance.choice(WEBHOOKS), chance.sample(self._adapters, len(self._adapters))
            )
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
