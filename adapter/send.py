"""Being the vendor: webhooks sent as the IM backend sends them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError, TimeoutError

from adapter.signature import sign
from adapter.topics import Topic
from adapter.vendor.answer import Answer, read_answer
from adapter.vendor.body import write_body
from adapter.vendor.query import Query, write_query


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one webhook."""

    # Seconds from when it was to be sent.
    seconds: float
    # None: a webhook failure, of the kind that `failure` names.
    answer: Answer | None = None
    failure: str = ""
    raw: str = ""


def open_pool(*, connections: int, ca: str | None = None) -> urllib3.PoolManager:
    """Return kept-alive connections; `ca` is a file of certificates to trust instead of the system's."""
    return urllib3.PoolManager(maxsize=connections, block=True, retries=False, ca_certs=ca)


@dataclass(frozen=True, slots=True)
class Vendor:
    """The IM backend of one app, as a webhook's receiver sees it."""

    pool: urllib3.PoolManager
    url: str
    app_id: str
    # Empty: webhooks are not signed.
    token: str
    command: str
    # Seconds until it gives up; the vendor's own limit is 2.
    timeout: float
    # Unix seconds, for `RequestTime`.
    clock: Callable[[], float] = time.time

    def send(self, topic: Topic, due: float | None = None) -> Reply:
        """Send the webhook for one topic, once, and return what came back.

        Time counts from `due`, on the clock of time.monotonic, or from now.
        """
        began = time.monotonic() if due is None else due
        try:
            response = self.pool.request(
                "POST",
                self._url(topic),
                body=self._body(topic),
                headers={"Content-Type": "application/json"},
                timeout=urllib3.Timeout(total=self.timeout),
                redirect=False,
            )
        except HTTPError as error:
            return Reply(time.monotonic() - began, failure=_failure(error))
        return _reply(response, time.monotonic() - began)

    def _url(self, topic: Topic) -> str:
        request_time = str(int(self.clock())) if self.token else ""
        query = Query(
            command=self.command,
            app_id=self.app_id,
            client_ip=topic.client_ip,
            platform=topic.platform,
            sign=sign(self.token, request_time) if self.token else "",
            request_time=request_time,
        )
        return f"{self.url}{'&' if '?' in self.url else '?'}{write_query(query)}"

    def _body(self, topic: Topic) -> bytes:
        return write_body(command=self.command, operator=topic.operator, group_type=topic.type, name=topic.name)


def _failure(error: HTTPError) -> str:
    # In this order, for by its class a NewConnectionError may be a timeout, too.
    match error:
        case NewConnectionError():
            return "no connection"
        case TimeoutError():
            return "timeout"
        case SSLError():
            return "no trusted TLS"
    return "connection lost"


def _reply(response: urllib3.BaseHTTPResponse, seconds: float) -> Reply:
    raw = response.data.decode(errors="replace")
    if response.status != 200:
        return Reply(seconds, failure=f"HTTP {response.status}", raw=raw)
    try:
        return Reply(seconds, answer=read_answer(response.data), raw=raw)
    except ValueError:
        return Reply(seconds, failure="not the vendor's JSON", raw=raw)
