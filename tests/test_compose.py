"""compose.yaml, read as Docker reads it, and held to the images, the settings and the programs that it runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from composition import load_project, make_secrets, moved
from processes import ROOT, Program, free_port
from programs import path_of
from pydantic_settings import BaseSettings

from adapter.settings import Settings as AdapterSettings
from adapter.settings import load_settings
from decider.settings import Settings as DeciderSettings

SETTINGS: dict[str, type[BaseSettings]] = {"adapter": AdapterSettings, "decider": DeciderSettings}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return load_project()


@pytest.fixture
def services(project: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = project["services"]
    return found


def image_environment(service: str) -> dict[str, str]:
    """What the image sets of the service's own variables."""
    text = (ROOT / service / "Dockerfile").read_text()
    return dict(re.findall(rf"^ +({service.upper()}_\w+)=(\S+)", text, re.MULTILINE))


def environment(services: dict[str, dict[str, Any]], service: str) -> dict[str, str]:
    return {**image_environment(service), **services[service]["environment"]}


def test_every_container_is_confined_watched_and_started_again(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
        assert "privileged" not in service
        own = ROOT / name / "Dockerfile"
        assert "healthcheck" in service or "HEALTHCHECK" in own.read_text()
    assert {name: service.get("cap_add") for name, service in services.items() if "cap_add" in service} == {
        "proxy": ["NET_BIND_SERVICE"]
    }


def test_each_waits_until_what_it_asks_is_well(services: dict[str, dict[str, Any]]) -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    healthy = "service_healthy"
    assert waits == {
        "proxy": {"adapter": healthy},
        "adapter": {"decider": healthy},
        "decider": {"redis": healthy},
        "redis": {},
    }


def test_only_the_proxy_is_reached_from_outside_and_each_reaches_the_next(project: dict[str, Any]) -> None:
    services, networks = project["services"], project["networks"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert [name for name, network in networks.items() if not network.get("internal")] == ["outside"]
    members = {
        network: {name for name, service in services.items() if network in service["networks"]} for network in networks
    }
    assert members == {
        "outside": {"proxy"},
        "webhooks": {"proxy", "adapter"},
        "decisions": {"adapter", "decider"},
        "limits": {"decider", "redis"},
    }


@pytest.mark.parametrize("service", SETTINGS)
def test_image_and_compose_set_nothing_that_is_not_a_setting(services: dict[str, dict[str, Any]], service: str) -> None:
    prefix = f"{service.upper()}_"
    known = {f"{prefix}{field.upper()}" for field in SETTINGS[service].model_fields} | {f"{prefix}SECRETS_DIR"}
    assert set(environment(services, service)) <= known
    assert image_environment(service), "the image sets something"


def test_the_addresses_that_one_is_told_are_those_where_the_other_listens(services: dict[str, dict[str, Any]]) -> None:
    listens = {name: environment(services, name)[f"{name.upper()}_LISTEN"] for name in SETTINGS}
    assert services["proxy"]["environment"]["ADAPTER_LISTEN"] == listens["adapter"].replace("0.0.0.0", "adapter")
    assert services["adapter"]["environment"]["ADAPTER_DECIDER"] == listens["decider"].replace("0.0.0.0", "decider")
    assert services["adapter"]["environment"]["ADAPTER_PATH"] == services["proxy"]["environment"]["ADAPTER_PATH"]
    for name in SETTINGS:
        admin = environment(services, name)[f"{name.upper()}_ADMIN_LISTEN"]
        ports = [int(address.rpartition(":")[2]) for address in (listens[name], admin)]
        assert f"EXPOSE {ports[0]} {ports[1]}\n" in (ROOT / name / "Dockerfile").read_text()


def test_secrets_are_files_of_a_folder_that_git_and_images_leave_out(project: dict[str, Any]) -> None:
    folder = ROOT / "secrets"
    assert {Path(secret["file"]).parent for secret in project["secrets"].values()} == {folder}
    ignored = ["git", "check-ignore", "--quiet", "--no-index"]
    for name in ("secrets/adapter_apps", ".env"):
        assert subprocess.run([*ignored, name], cwd=ROOT, timeout=30).returncode == 0
    assert not re.search(r"^!(secrets|\.env)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    used = {secret["source"] for service in project["services"].values() for secret in service.get("secrets", [])}
    assert used == set(project["secrets"])


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    return make_secrets(tmp_path, "a-token")


def test_both_services_load_what_they_are_given(
    services: dict[str, dict[str, Any]], secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in SETTINGS:
        given = environment(services, service)
        assert given.pop(f"{service.upper()}_SECRETS_DIR") == "/run/secrets"
        for name, value in given.items():
            monkeypatch.setenv(name, value)
    adapter = load_settings(str(secrets))
    assert adapter.decider == "dns:///decider:50051"
    assert [app.secrets for app in adapter.apps.values()] == [["a-token"]]
    decider = DeciderSettings(_secrets_dir=secrets)
    assert re.fullmatch(r"redis://:[0-9a-f]{48}@redis:6379/0", decider.limits)
    mounts = {volume["target"] for volume in services["decider"]["volumes"]}
    assert str(decider.policy) in mounts


@pytest.fixture
def redis(services: dict[str, dict[str, Any]], secrets: Path, tmp_path: Path) -> Iterator[tuple[Program, int]]:
    """A real Redis, run by the command that the file gives it, in folders of the test's own."""
    (tmp_path / "data").mkdir()
    places = {"redis-server": path_of("redis-server"), "/run/secrets": str(secrets), "/data": str(tmp_path / "data")}
    command = [moved(part, places) for part in services["redis"]["command"]]
    port = free_port()
    program = Program(*command, "--port", str(port), "--bind", "127.0.0.1").wait_for("Ready to accept connections")
    yield program, port
    program.end()


def test_redis_takes_its_command_its_health_check_and_the_deciders_password(
    services: dict[str, dict[str, Any]], secrets: Path, tmp_path: Path, redis: tuple[Program, int]
) -> None:
    program, port = redis
    kind, script = services["redis"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    check = moved(script.replace("$$", "$"), {"/run/secrets": str(secrets), "redis-cli": f"redis-cli -p {port}"})
    assert subprocess.run(["sh", "-c", check], timeout=30).returncode == 0
    limits = secrets / "decider_limits"
    limits.chmod(0o644)
    limits.write_text(limits.read_text().replace("redis:6379", f"127.0.0.1:{port}"))
    given = {"DECIDER_POLICY": str(ROOT / "decider" / "example"), "DECIDER_SECRETS_DIR": str(secrets)}
    asked = ("limits", "reset", "--app", "1400000000", "--rule", "five-a-day", "--key", "user_42")
    reset = Program.module("decider", *asked, **given)
    code = reset.wait()
    reset.end()
    assert code == 0, reset.output
    assert list((tmp_path / "data").rglob("*.aof")), "what is counted is kept"
    program.end()
    assert subprocess.run(["sh", "-c", check], timeout=30, capture_output=True).returncode != 0


def test_the_proxy_sends_the_webhooks_path_to_the_adapter(services: dict[str, dict[str, Any]]) -> None:
    (mount,) = [volume for volume in services["proxy"]["volumes"] if volume["target"] == "/etc/caddy/Caddyfile"]
    caddy = shutil.which("caddy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "caddy"
    done = subprocess.run(
        [path_of(caddy), "adapt", "--config", mount["source"], "--adapter", "caddyfile"],
        env={"PATH": os.environ["PATH"], **services["proxy"]["environment"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    (server,) = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    assert server["listen"] == [":443"]
    assert '"dial": "adapter:8080"' in json.dumps(server)
    assert services["proxy"]["ports"] == [{"mode": "ingress", "target": 443, "published": "443", "protocol": "tcp"}]
