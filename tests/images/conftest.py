"""Both images, built twice, and a pair of containers to ask."""

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from base import ensure_base
from pair import APP, TOKEN, Pair, Unpacked
from processes import ROOT, free_port
from programs import path_of, skip_unless
from storage import Image, Storage

FOLDER = ROOT / "build" / "images"
SERVICES = ("adapter", "decider")
ADDRESSES = ("ADAPTER_LISTEN", "ADAPTER_ADMIN_LISTEN", "DECIDER_LISTEN", "DECIDER_ADMIN_LISTEN")


@pytest.fixture(scope="session")
def storage() -> Iterator[Storage]:
    skip_unless(os.geteuid() == 0, "containers without an engine need root")
    for program in ("buildah", "debootstrap", "unshare"):
        path_of(program)
    storage = Storage(FOLDER / "storage")
    storage.clean(keep=_base_name())
    yield storage
    storage.clean(keep=_base_name())
    assert str(FOLDER) not in Path("/proc/mounts").read_text()


@pytest.fixture(scope="session")
def builds(storage: Storage) -> dict[str, list[Image]]:
    """Each service's image, built twice from the same base."""
    ensure_base(storage, FOLDER, _base_name())
    with ThreadPoolExecutor(2) as workers:
        jobs = {
            service: [workers.submit(storage.build, service, tag, REVISION="0123abc") for tag in ("first", "second")]
            for service in SERVICES
        }
        return {service: [job.result() for job in both] for service, both in jobs.items()}


@pytest.fixture(scope="session")
def unpacked(storage: Storage, builds: dict[str, list[Image]]) -> dict[str, Unpacked]:
    return {service: Unpacked(image, storage.unpack(image)) for service, (image, _) in builds.items()}


@pytest.fixture
def addresses() -> dict[str, str]:
    return {name: f"127.0.0.1:{free_port()}" for name in ADDRESSES}


@pytest.fixture
def pair(unpacked: dict[str, Unpacked], addresses: dict[str, str], tmp_path: Path) -> Iterator[Pair]:
    policy, state, secrets = (tmp_path / name for name in ("policy", "state", "secrets"))
    shutil.copytree(ROOT / "decider" / "example", policy)
    state.mkdir()
    os.chown(state, 65532, 65532)
    secrets.mkdir()
    (secrets / "adapter_apps").write_text(json.dumps({APP: {"tokens": [TOKEN], "on_failure": "refuse"}}))
    with ExitStack() as ending:
        decider = unpacked["decider"].start(
            settings={**addresses, "DECIDER_RELOAD_INTERVAL": "0.1"},
            volumes={policy: "/etc/topic-gate/policy", state: "/var/lib/topic-gate"},
        )
        ending.callback(decider.end)
        seconds = {"decider": decider.serving()}
        there = {"ADAPTER_DECIDER": addresses["DECIDER_LISTEN"], "ADAPTER_SECRETS_DIR": "/run/secrets"}
        adapter = unpacked["adapter"].start(settings={**addresses, **there}, volumes={secrets: "/run/secrets"})
        ending.callback(adapter.end)
        seconds["adapter"] = adapter.serving()
        yield Pair(adapter, decider, unpacked, addresses, tmp_path, seconds)


def _base_name() -> str:
    """The name that both Dockerfiles ask for."""
    lines = (ROOT / "adapter" / "Dockerfile").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("ARG PYTHON_IMAGE="))
