"""The Dockerfiles, as they are written; `make images-test` builds and runs them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from processes import ROOT
from programs import path_of

SERVICES = ("adapter", "decider")


def dockerfile(service: str) -> str:
    return (ROOT / service / "Dockerfile").read_text()


def argument(service: str, name: str) -> str:
    found = re.search(rf"^ARG {name}=(\S+)$", dockerfile(service), re.MULTILINE)
    assert found, f"{service} has no ARG {name}"
    return found[1]


@pytest.mark.parametrize("service", SERVICES)
def test_hadolint_finds_nothing_and_is_told_to_ignore_nothing(service: str) -> None:
    program = path_of(str(Path(sys.executable).parent / "hadolint"))
    done = subprocess.run([program, f"{service}/Dockerfile"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert "hadolint" not in dockerfile(service)


@pytest.mark.parametrize("service", SERVICES)
def test_every_stage_is_on_the_one_base_that_an_argument_pins(service: str) -> None:
    image = argument(service, "PYTHON_IMAGE")
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-[a-z]+", image)
    assert image == argument("adapter", "PYTHON_IMAGE")
    stages = re.findall(r"^FROM (\S+)", dockerfile(service), re.MULTILINE)
    assert stages == ["${PYTHON_IMAGE}"] * 2


@pytest.mark.parametrize("service", SERVICES)
def test_the_label_tells_the_version_of_the_project(service: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert argument(service, "VERSION") == project["version"]
