"""compose.yaml as Docker reads it, and the folder of secrets that it needs."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processes import ROOT
from programs import path_of

SITE = "https://im.example.com"


def load_project() -> dict[str, Any]:
    """What `docker compose config` makes of it, by the library that it is made of."""
    command = [path_of("go"), "run", ".", str(ROOT / "compose.yaml")]
    environment = {**os.environ, "TOPIC_GATE_SITE": SITE}
    done = subprocess.run(
        command, cwd=ROOT / "tests" / "compose", env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def make_secrets(folder: Path, token: str) -> Path:
    """Make the folder of secrets in a folder, by the commands in docs/containers.md."""
    page = (ROOT / "docs" / "containers.md").read_text()
    found = re.search(r"```bash\n(mkdir .*? secrets\n.*?)```", page, re.DOTALL)
    assert found, "docs/containers.md says how to make the secrets"
    environment = {"PATH": os.environ["PATH"], "TOKEN": token}
    subprocess.run(["bash", "-euc", found[1]], cwd=folder, env=environment, timeout=60, check=True)
    return folder / "secrets"


def moved(text: str, places: Mapping[str, str]) -> str:
    """A text in which names that only containers know are replaced by what is there for them."""
    for place, there in places.items():
        text = text.replace(place, there)
    return text
