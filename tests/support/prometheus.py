"""A real Prometheus that scrapes a pair of services every second."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from observed_pair import Pair
from processes import ROOT, TIMEOUT, Program, free_port
from programs import path_of


@dataclass(frozen=True)
class Prometheus:
    """A running one."""

    address: str

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its API."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[Any]:
        """What an expression comes to now: a list of series with their values."""
        found: list[Any] = self.ask("query", query=expression)["result"]
        return found


@contextmanager
def prometheus(folder: Path, pair: Pair) -> Iterator[Prometheus]:
    """Start one with our alert rules; end it."""
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [service.admin]}]}
        for name, service in (("adapter", pair.adapter), ("decider", pair.decider))
    ]
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    rules = [str(ROOT / "deploy" / "prometheus" / "alerts.yaml")]
    config = folder / "prometheus.yaml"
    config.write_text(json.dumps({"global": every, "rule_files": rules, "scrape_configs": jobs}))
    address = f"127.0.0.1:{free_port()}"
    program = Program(
        path_of("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    )
    try:
        program.wait_for("Server is ready to receive web requests")
        yield Prometheus(address)
    finally:
        program.end()
