"""Real peers for the adapter's tests: a scripted gRPC decider, and the adapter itself on real sockets."""

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from urllib.parse import urlencode

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from prometheus_client import CollectorRegistry

from adapter.client import Decider, open_channel
from adapter.log import configure
from adapter.metrics import Metrics
from adapter.server import Server
from adapter.service import listen
from adapter.settings import Settings
from adapter.signature import sign
from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2

SERVICE = "decider.v1.DeciderService"
APPS = {
    "1400000000": {"tokens": ["another", "xxxxyyyy"], "on_failure": "refuse"},
    "1400000001": {"on_failure": "allow"},
    "1400000002": {"on_failure": "refuse"},
}


def until(condition, seconds=10.0):
    """Wait for a condition and return what it came to; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)
    return value


def allow(request, context):
    return pb.DecideTopicCreationResponse(
        verdict=policy_pb2.VERDICT_ALLOW, decision_id="01890000-0000-7000-8000-000000000000", policy_revision="r1"
    )


class ScriptedDecider(rpc.DeciderServiceServicer):
    """Answers as `script` says, and keeps what it was asked."""

    def __init__(self):
        self.script = allow
        self.requests = []
        self.metadata = []
        self.callers = []

    def DecideTopicCreation(self, request, context):
        self.requests.append(request)
        self.callers.extend(name.decode() for name in context.auth_context().get("peer_dns", ()))
        self.metadata.append(dict(context.invocation_metadata()))
        return self.script(request, context)


@dataclass
class DeciderServer:
    """A real gRPC server of a scripted decider, with the standard health service."""

    port: int = 0
    serving: bool = True
    credentials: grpc.ServerCredentials | None = None
    servicer: ScriptedDecider = field(default_factory=ScriptedDecider)

    def __post_init__(self):
        # Without SO_REUSEPORT off, two servers could share the port and the kernel would choose.
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
        # By default the library's health service can hang the server when one watch ends while another begins.
        self._health = health.HealthServicer(
            experimental_non_blocking=False, experimental_thread_pool=futures.ThreadPoolExecutor(16)
        )
        rpc.add_DeciderServiceServicer_to_server(self.servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.report(self.serving)
        address = f"127.0.0.1:{self.port}"
        self.port = (
            self._server.add_secure_port(address, self.credentials)
            if self.credentials
            else self._server.add_insecure_port(address)
        )
        self._server.start()

    @property
    def target(self):
        return f"dns:///127.0.0.1:{self.port}"

    @property
    def requests(self):
        return self.servicer.requests

    def script(self, answer):
        self.servicer.script = answer

    def hang(self):
        """Answer no one who has not given up; return the event that ends it."""
        released = threading.Event()

        def answer(request, context):
            until(lambda: released.is_set() or not context.is_active(), 60)
            return allow(request, context)

        self.script(answer)
        return released

    def report(self, serving):
        names = health_pb2.HealthCheckResponse
        self._health.set(SERVICE, names.SERVING if serving else names.NOT_SERVING)

    def stop(self):
        self._server.stop(0).wait()


@dataclass
class Reply:
    """What came back over HTTP."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        assert (self.status, self.headers["content-type"]) == (200, "application/json")
        return json.loads(self.body)


class Client:
    """Speaks HTTP to an adapter on one kept-alive connection."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self._others = []
        self._connection = http.client.HTTPConnection(host, port, timeout=10)

    def request(self, method, target, body=b"", headers=None):
        self._connection.request(method, target, body, headers or {})
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, response.read())

    def post(self, query, body=b"", path="/", headers=None):
        text = query if isinstance(query, str) else urlencode(query)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", f"{path}?{text}", raw, headers)

    def webhook(self, query=None, body=None):
        """Post the page's sample; `query` and `body` hold what is different, None for what is left out."""
        return self.post(self.query(**(query or {})), self.body(**(body or {})))

    def query(self, **changes):
        """The page's parameters for the app without tokens, whose on_failure is allow."""
        given = {
            "SdkAppid": 1400000001,
            "CallbackCommand": "Group.CallbackBeforeCreateTopic",
            "contenttype": "json",
            "ClientIP": "127.0.0.1",
            "OptPlatform": "Web",
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def signed(self, token="xxxxyyyy", ago=0, **changes):
        """The parameters for the app with tokens, whose on_failure is refuse."""
        request_time = str(int(time.time()) - ago)
        signature = {"Sign": sign(token, request_time), "RequestTime": request_time}
        return self.query(**{"SdkAppid": 1400000000} | signature | changes)

    def body(self, **changes):
        given = {
            "CallbackCommand": "Group.CallbackBeforeCreateTopic",
            "Operator_Account": "leckie",
            "Type": "Community",
            "Name": "MyFirstTopic",
        }
        return {name: value for name, value in (given | changes).items() if value is not None}

    def open(self):
        return socket.create_connection((self.host, self.port), timeout=10)

    def raw(self, data):
        """Send bytes on a connection of their own and return all that comes back."""
        with self.open() as connection:
            connection.sendall(data)
            with connection.makefile("rb") as answer:
                return answer.read()

    def new_client(self):
        """Return a client with a connection of its own, closed with this one."""
        self._others.append(Client(self.host, self.port))
        return self._others[-1]

    def close(self):
        for client in [*self._others, self]:
            client._connection.close()


class Adapter(Client):
    """The adapter: real waitress, real gRPC, in a thread of this process."""

    def __init__(self, target, decider=None, **settings):
        self.registry = CollectorRegistry()
        self._stream = io.StringIO()
        self._channel = open_channel(target)
        configured = Settings(**{"apps": json.dumps(APPS), "listen": "127.0.0.1:0", "drain_pause": 0} | settings)
        log = configure("debug", self._stream)
        asked = Decider(self._channel)
        metrics = Metrics(self.registry, configured.apps)
        listener = listen(configured, decider=decider(asked) if decider else asked, metrics=metrics, log=log)
        self.listener = listener
        self.application = listener.application
        self.server = Server(listener, pause=configured.drain_pause, drain=configured.drain, log=log)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        super().__init__("127.0.0.1", int(listener.effective_port))
        self.url = f"http://{self.host}:{self.port}/"

    @property
    def log(self):
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    @property
    def answered(self):
        return [line for line in self.log if line["event"] == "answered"]

    def counted(self, outcome, reason="", app=1400000001):
        labels = {"app": str(app), "outcome": outcome, "reason": reason}
        return self.registry.get_sample_value("adapter_answers_total", labels) or 0

    def stop(self):
        self.close()
        self.server.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._channel.close()


class Process:
    """The adapter as its own process; `log` is what it has written to stderr."""

    def __init__(self, *arguments, environ=None, wait_for="serving"):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ADAPTER_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapter", *arguments],
            env=clean | (environ or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._lines = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.client = None
        if wait_for:
            line = until(lambda: self.logged(wait_for) or (not self.running and self.fail()))
            self.url = line["url"]
            host, port = self.url.split("/")[2].rsplit(":", 1)
            self.client = Client(host.strip("[]"), int(port))

    def new_client(self):
        return self.client.new_client()

    def _read(self):
        for line in self._process.stderr:
            self._lines.append(line.decode())

    def fail(self):
        raise AssertionError("".join(self._lines))

    @property
    def lines(self):
        return list(self._lines)

    def logged(self, event):
        found = [json.loads(line) for line in self.lines if line.startswith("{")]
        return next((line for line in found if line["event"] == event), None)

    def signal(self, number=signal.SIGTERM):
        self._process.send_signal(number)

    @property
    def running(self):
        return self._process.poll() is None

    def wait(self, seconds=20):
        """Return the exit code."""
        code = self._process.wait(seconds)
        self._reader.join(seconds)
        return code

    def output(self):
        return self._process.stdout.read().decode()

    def end(self):
        if self.running:
            self._process.kill()
        self.wait()
        if self.client:
            self.client.close()
        self._process.stdout.close()
        self._process.stderr.close()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("ADAPTER_")]:
        monkeypatch.delenv(name)


@pytest.fixture(name="until")
def _until():
    return until


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def start_decider(stack):
    """Start scripted deciders; they stop with the test."""

    def start(**options):
        server = DeciderServer(**options)
        stack.callback(server.stop)
        return server

    return start


@pytest.fixture
def decider(start_decider):
    return start_decider()


@pytest.fixture
def start_adapter(stack, decider):
    """Start adapters in this process; they stop with the test."""

    def start(**options):
        adapter = Adapter(**{"target": decider.target} | options)
        stack.callback(adapter.stop)
        return adapter

    return start


@pytest.fixture
def adapter(start_adapter):
    return start_adapter()


@pytest.fixture
def start_process(stack):
    """Start adapters as processes; they end with the test."""

    def start(*arguments, **options):
        process = Process(*arguments, **options)
        stack.callback(process.end)
        return process

    return start
