"""The whole way, as it is deployed: the vendor, HTTPS, Caddy, the adapter, mutual TLS, the decider."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from certificates import Authority
from policies import write_policy
from processes import ROOT, TIMEOUT, Program, eventually, free_port
from programs import path_of
from webhooks import POLICY

from adapter.signature import sign

APP, TOKEN = "1400000000", "https-end-to-end"


@dataclass
class Deployment:
    """Decider, adapter and Caddy, each with a certificate of one test authority."""

    folder: Path
    authority: Authority
    port: int
    decider: Program
    adapter: Program
    caddy: Program

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook"

    def send(self, name: str, *, url: str = "", ca: str = "public") -> tuple[int, str]:
        """What `adapter send` ends with, and what it says."""
        command = [sys.executable, "-m", "adapter", "send", url or self.url, "--ca", str(self.folder / f"{ca}.crt")]
        asked = ["--app", APP, "--operator", "leckie", "--name", name, "--timeout", str(TIMEOUT)]
        environment = {"PATH": os.environ["PATH"], "ADAPTER_SEND_TOKEN": TOKEN}
        done = subprocess.run(
            [*command, *asked], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * TIMEOUT
        )
        return done.returncode, done.stdout + done.stderr

    def journal(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]


def start_caddy(folder: Path, port: int, adapter: str) -> Program:
    # Its own folders: Caddy keeps state in the user's.
    folders = {name: str(folder / "caddy") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    settings = {
        "TOPIC_GATE_SITE": f"https://localhost:{port}",
        "TOPIC_GATE_OPTIONS": f"bind 127.0.0.1\n\ttls {folder}/web.crt {folder}/web.key",
        "ADAPTER_LISTEN": adapter,
        "ADAPTER_PATH": "/hook",
    }
    config = str(ROOT / "deploy" / "Caddyfile")
    command = (path_of("caddy"), "run", "--config", config, "--adapter", "caddyfile")
    return Program(*command, settings=folders | settings).wait_for("serving initial configuration")


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    public, inner = Authority(), Authority()
    public.write(tmp_path, "public")
    Authority().write(tmp_path, "another")
    ca = str(inner.write(tmp_path, "inner"))
    public.issue("localhost").write(tmp_path, "web")
    inner.issue("decider.im.svc").write(tmp_path, "decider")
    inner.issue("adapter.im.svc").write(tmp_path, "adapter")
    decider, adapter, port = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", free_port()
    started = [
        Program.module(
            "decider",
            "serve",
            DECIDER_LISTEN=decider,
            DECIDER_POLICY=str(write_policy(tmp_path, POLICY)),
            DECIDER_JOURNAL=str(tmp_path / "journal.jsonl"),
            DECIDER_TLS_CERT=f"{tmp_path}/decider.crt",
            DECIDER_TLS_KEY=f"{tmp_path}/decider.key",
            DECIDER_TLS_CLIENT_CA=ca,
            DECIDER_CALLERS="adapter.im.svc",
            DECIDER_RELOAD_INTERVAL="0.1",
            DECIDER_CONNECTION_AGE="1",
            DECIDER_DRAIN_PAUSE="0",
        ),
        Program.module(
            "adapter",
            "serve",
            ADAPTER_LISTEN=adapter,
            ADAPTER_PATH="/hook",
            ADAPTER_DECIDER=decider,
            ADAPTER_DECIDER_CA=ca,
            ADAPTER_DECIDER_CERT=f"{tmp_path}/adapter.crt",
            ADAPTER_DECIDER_KEY=f"{tmp_path}/adapter.key",
            ADAPTER_DECIDER_NAME="decider.im.svc",
            ADAPTER_APPS=json.dumps({APP: {"tokens": [TOKEN], "on_failure": "refuse"}}),
            ADAPTER_LOG_LEVEL="debug",
            ADAPTER_DRAIN_PAUSE="0",
        ),
    ]
    for program in started:
        program.wait_for('"event": "serving"')
    started.append(start_caddy(tmp_path, port, adapter))
    yield Deployment(tmp_path, inner, port, *started)
    for program in reversed(started):
        program.end()


def test_a_webhook_over_https_gets_its_verdict_and_the_journal_names_the_adapter(deployment: Deployment) -> None:
    assert deployment.send("Board games")[1].startswith("allowed\n")
    assert "refused with code 10101: That name is not allowed." in deployment.send("CASINO night")[1]
    eventually(lambda: len(deployment.journal()) == 2, "both decisions in the journal")
    assert [line["caller"] for line in deployment.journal()] == ["adapter.im.svc"] * 2


def test_a_certificate_that_is_not_trusted_is_no_answer(deployment: Deployment) -> None:
    code, said = deployment.send("Board games", ca="another")
    assert (code, "webhook failure: no trusted TLS" in said) == (1, True)


def test_only_the_webhooks_path_gets_through_and_the_answer_tells_nobody_what_serves(deployment: Deployment) -> None:
    assert "webhook failure: HTTP 404" in deployment.send("x", url=f"https://localhost:{deployment.port}/metrics")[1]
    context = ssl.create_default_context(cafile=deployment.folder / "public.crt")
    with (
        socket.create_connection(("127.0.0.1", deployment.port), TIMEOUT) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(b"POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        head = connection.makefile("rb").read().partition(b"\r\n\r\n")[0].lower()
    assert b" 200 " in head
    assert b"strict-transport-security: max-age=31536000" in head
    assert b"x-content-type-options: nosniff" in head
    for word in (b"server:", b"via:", b"caddy", b"waitress", b"falcon", b"python"):
        assert word not in head


def test_verdicts_go_on_while_every_certificate_inside_is_renewed(deployment: Deployment) -> None:
    for name in ("decider", "adapter"):
        deployment.authority.issue(f"{name}.im.svc").write(deployment.folder, name)
    for program in (deployment.decider, deployment.adapter):
        program.wait_for("certificate reloaded")
        assert deployment.send("CASINO night")[1].startswith("refused with code 10101")


def test_an_adapter_that_may_not_ask_gets_on_failure(deployment: Deployment) -> None:
    deployment.authority.issue("stranger.im.svc").write(deployment.folder, "adapter")
    deployment.adapter.wait_for("certificate reloaded")
    assert deployment.send("Board games")[1].startswith("refused with code 1 ")
    assert '"reason": "permission_denied"' in deployment.adapter.output
    for _ in range(3):
        deployment.send("Board games")
    assert deployment.decider.output.count("caller turned away") == 1


def test_no_log_on_the_way_holds_the_token_or_a_signature(deployment: Deployment) -> None:
    deployment.send("Board games")
    deployment.adapter.end()
    code, said = deployment.send("Board games")
    assert (code, "webhook failure: HTTP 502" in said) == (1, True)
    deployment.caddy.wait_for("connection refused")
    now = int(time.time())
    signatures = [sign(TOKEN, str(second)) for second in range(now - 120, now + 2)]
    for program in (deployment.adapter, deployment.decider, deployment.caddy):
        program.end()
        written = program.output
        assert not [secret for secret in (TOKEN, "Sign=", "RequestTime", *signatures) if secret in written]
