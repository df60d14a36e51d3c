"""Webhooks whose answers are known: what the policy says, and what on_failure says."""

import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

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
ALLOWED = b'{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
REFUSED = b'{"ActionStatus":"OK","ErrorInfo":"That name is not allowed.","ErrorCode":10101}'
UNAVAILABLE = (
    b'{"ActionStatus":"OK","ErrorInfo":"Topics cannot be created at the moment. Please try again later.","ErrorCode":1}'
)
_COMMAND = "Group.CallbackBeforeCreateTopic"


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


def counting(trouble: str) -> str:
    """POLICY, but what it lets through is counted, so that a verdict needs the store; `trouble`: on_store_failure."""
    return f"""{POLICY}\
  - id: many
    limit: {{count: 10000, per: 1h, key: '"all"', on_store_failure: {trouble}}}
    refuse: {{code: 10103}}
"""
