"""A decider and an adapter with everything on that has metrics, and what they export."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from certificates import Authority
from policies import write_policy
from processes import TIMEOUT, Program, free_port
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from webhooks import TOKEN

NAMED, REFUSING = "1400000001", "1400000002"  # the policy has a document for the first
APPS = {NAMED: {"tokens": [TOKEN], "on_failure": "allow"}, REFUSING: {"on_failure": "refuse"}}
POLICY = """\
version: 1
lists:
  spam: {kind: words, entries: [casino]}
rules:
  - {id: spam-name, when: '"spam" in name.lists', refuse: {code: 10101, message: No.}}
  - {id: quiet, shadow: true, when: name.length > 3, refuse: {}}
  - {id: many, limit: {count: 10000, per: 1h, key: request.operator_user_id}, refuse: {code: 10103}}
"""
CALLER = "spiffe://im/adapter"


@dataclass(frozen=True)
class Service:
    """One of the two, and where its admin pages are."""

    program: Program
    address: str
    admin: str

    def scrape(self) -> Mapping[str, Metric]:
        """What it exports, by name."""
        with urllib.request.urlopen(f"http://{self.admin}/metrics", timeout=TIMEOUT) as answer:
            return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}

    def series(self) -> set[tuple[str, ...]]:
        """Every series by its name and labels."""
        samples = [sample for family in self.scrape().values() for sample in family.samples]
        return {(sample.name, *map(str, sample.labels.items())) for sample in samples}


@dataclass(frozen=True)
class Pair:
    """Both."""

    decider: Service
    adapter: Service
    authority: Authority


@contextmanager
def observed_pair(folder: Path) -> Iterator[Pair]:
    """Start both with TLS between them, a candidate policy, a journal and limits; end them."""
    authority = Authority()
    ca = str(authority.write(folder))
    cert, key = map(str, authority.issue("127.0.0.1").write(folder, "decider"))
    own_cert, own_key = map(str, authority.issue(CALLER).write(folder, "adapter"))
    for name in ("policy", "candidate"):
        (folder / name).mkdir()
        write_policy(folder / name, POLICY)
    (folder / "policy" / "named.yaml").write_text(f"version: 1\napps: [{NAMED}]\n" + POLICY.partition("\n")[2])
    decider_settings = {
        "DECIDER_POLICY": str(folder / "policy"),
        "DECIDER_CANDIDATE": str(folder / "candidate"),
        "DECIDER_JOURNAL": str(folder / "journal.jsonl"),
        "DECIDER_LIMITS": "memory://",
        "DECIDER_TLS_CERT": cert,
        "DECIDER_TLS_KEY": key,
        "DECIDER_TLS_CLIENT_CA": ca,
        "DECIDER_CALLERS": CALLER,
        "DECIDER_DRAIN_PAUSE": "0",
    }
    adapter_settings = {
        "ADAPTER_APPS": json.dumps(APPS),
        "ADAPTER_DECIDER_CA": ca,
        "ADAPTER_DECIDER_CERT": own_cert,
        "ADAPTER_DECIDER_KEY": own_key,
        "ADAPTER_DRAIN_PAUSE": "0",
    }
    with ExitStack() as ending:
        decider = _start("decider", decider_settings, ending)
        adapter = _start("adapter", {**adapter_settings, "ADAPTER_DECIDER": decider.address}, ending)
        yield Pair(decider, adapter, authority)


def _start(name: str, settings: Mapping[str, str], ending: ExitStack) -> Service:
    address, admin = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    prefix = name.upper()
    listen = {f"{prefix}_LISTEN": address, f"{prefix}_ADMIN_LISTEN": admin}
    program = Program.module(name, "serve", **settings, **listen)
    ending.callback(program.end)
    return Service(program.wait_for('"event": "serving"'), address, admin)
