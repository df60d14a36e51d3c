"""A vendor, and strangers, who put into webhooks all that a caller can choose."""

import http.client
import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

from observed_pair import NAMED, REFUSING
from processes import TIMEOUT
from webhooks import TOKEN

from adapter.signature import sign

COMMAND = "Group.CallbackBeforeCreateTopic"


class Vendor:
    """Sends webhooks, and what is none, over one connection."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=TIMEOUT)

    def send(self, method: str, path: str, query: Mapping[str, object], body: Mapping[str, object]) -> int:
        self._connection.request(method, f"{path}?{urlencode(query)}", json.dumps(body).encode())
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def crowd(self, number: int) -> None:
        """Everything that a caller can choose, different for each number."""
        now = str(int(time.time()))
        signature = {"Sign": sign(TOKEN, now), "RequestTime": now}
        where = {
            "CallbackCommand": COMMAND,
            "OptPlatform": f"P{number}",
            "ClientIP": f"10.0.{number // 250}.{number % 250}",
        }
        body = {"CallbackCommand": COMMAND, "Operator_Account": f"user {number}", "Type": f"T{number}"}
        name = {"Name": f"casino {number}" if number % 2 else f"name {number}"}
        other = {"CallbackCommand": f"Made.Up{number}"}
        for app, query in ((NAMED, signature), (REFUSING, {}), (NAMED, {"Sign": f"s{number}", "RequestTime": now})):
            assert self.send("POST", "/", where | query | {"SdkAppid": app}, body | name) == 200
        assert self.send("POST", "/", where | {"SdkAppid": 7_000_000 + number}, body | name) == 200
        assert self.send("POST", "/", where | other | {"SdkAppid": REFUSING}, body | other) == 200
        assert self.send("POST", "/", where | {"SdkAppid": REFUSING}, body | {"Name": number}) == 200
        assert self.send("POST", f"/path/{number}", where, body) == 404
        assert self.send(f"METHOD{number}", "/", where, body) == 405

    def close(self) -> None:
        self._connection.close()
