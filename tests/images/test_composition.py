"""The composition of compose.yaml, on real images, with real Redis and Caddy: the vendor's way in and back."""

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from composition import load_project, make_secrets, moved
from pair import Unpacked
from processes import ROOT, Program, free_port
from programs import path_of

TOKEN = "a-token-of-the-composition"

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


def test_the_composition_answers_over_https_and_counts_in_redis(
    unpacked: dict[str, Unpacked], addresses: dict[str, str], tmp_path: Path
) -> None:
    services = load_project()["services"]
    redis, site = f"127.0.0.1:{free_port()}", f"localhost:{free_port()}"
    places = {
        "adapter:8080": addresses["ADAPTER_LISTEN"],
        "decider:50051": addresses["DECIDER_LISTEN"],
        "redis:6379": redis,
    }
    secrets = make_secrets(tmp_path, TOKEN)
    limits = secrets / "decider_limits"
    limits.chmod(0o644)
    limits.write_text(moved(limits.read_text(), places))
    authority = Authority()
    authority.write(tmp_path, "public")
    authority.issue("localhost").write(tmp_path, "web")
    (tmp_path / "data").mkdir()
    with ExitStack() as ending:

        def start(service: str) -> None:
            container = unpacked[service].start(
                settings={**addresses, **_moved(services[service]["environment"], places)},
                volumes=_volumes(services[service], secrets),
            )
            ending.callback(container.end)
            container.serving()

        ending.callback(_redis(services["redis"], redis, secrets, tmp_path / "data").end)
        start("decider")
        start("adapter")
        ending.callback(_proxy(_moved(services["proxy"]["environment"], places), site, tmp_path).end)
        said = [_send(unpacked["adapter"], f"https://{site}/", tmp_path) for _ in range(6)]
    assert [text.split("\n")[0] for text in said[:5]] == ["allowed"] * 5
    assert said[5].startswith("refused with code 10103")


def _moved(settings: dict[str, str], places: dict[str, str]) -> dict[str, str]:
    return {name: moved(value, places) for name, value in settings.items()}


def _volumes(service: dict[str, Any], secrets: Path) -> dict[Path, str]:
    folders = {Path(volume["source"]): volume["target"] for volume in service.get("volumes", [])}
    memory = [mount.partition(":")[0] for mount in service.get("tmpfs", [])]
    folders |= {_writable(place, secrets.parent): place for place in memory}
    return folders | {secrets / secret["source"]: secret["target"] for secret in service["secrets"]}


def _writable(place: str, beside: Path) -> Path:
    folder = beside / place.replace("/", "-").lstrip("-")
    folder.mkdir(mode=0o700)
    os.chown(folder, 65532, 65532)
    return folder


def _redis(service: dict[str, Any], address: str, secrets: Path, data: Path) -> Program:
    places = {"redis-server": path_of("redis-server"), "/run/secrets": str(secrets), "/data": str(data)}
    command = [moved(part, places) for part in service["command"]]
    host, _, port = address.partition(":")
    return Program(*command, "--bind", host, "--port", port).wait_for("Ready to accept connections")


def _proxy(settings: dict[str, str], site: str, folder: Path) -> Program:
    caddy = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "caddy"
    own = {name: str(folder / "caddy") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    place = {
        "TOPIC_GATE_SITE": f"https://{site}",
        "TOPIC_GATE_OPTIONS": f"bind 127.0.0.1\n\ttls {folder}/web.crt {folder}/web.key",
    }
    command = (path_of(caddy), "run", "--config", str(ROOT / "deploy" / "Caddyfile"), "--adapter", "caddyfile")
    return Program(*command, settings=settings | own | place).wait_for("serving initial configuration")


def _send(adapter: Unpacked, url: str, folder: Path) -> str:
    command = ("send", url, "--ca", "/ca.crt", "--app", "1400000000", "--operator", "user_42", "--name", "Chess club")
    sent = adapter.start(*command, settings={"ADAPTER_SEND_TOKEN": TOKEN}, volumes={folder / "public.crt": "/ca.crt"})
    return sent.output()[1]
