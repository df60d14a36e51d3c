"""What both services export: as many series as before whatever callers send, and what docs/metrics.md says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import grpc
import pytest
from observed_pair import CALLER, NAMED, Pair, observed_pair
from policies import request
from processes import ROOT, TIMEOUT, eventually
from vendor import Vendor

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with observed_pair(tmp_path_factory.mktemp("pair")) as running:
        yield running


def call(pair: Pair, number: int) -> None:
    """As a service of its own calls the decider: each with a certificate that nobody named."""
    own = pair.authority.issue(f"spiffe://im/caller-{number}" if number % 2 else CALLER)
    credentials = grpc.ssl_channel_credentials(pair.authority.pem, own.key, own.cert)
    asked = request(
        f"name {number}", app_id=number + 1, operator_user_id=f"user {number}", attributes={f"k{number}": "v"}
    )
    codes = set()
    with grpc.secure_channel(pair.decider.address, credentials) as channel:
        stub = rpc.DeciderServiceStub(channel)
        for send in (
            lambda: stub.DecideTopicCreation(asked, timeout=TIMEOUT, metadata=[(f"x-{number}", "y")]),
            lambda: stub.BatchDecideTopicCreation(
                pb.BatchDecideTopicCreationRequest(requests=[asked, request("")]), timeout=TIMEOUT
            ),
            lambda: channel.unary_unary(f"/made.up{number}.Service/Method")(b"", timeout=TIMEOUT),
        ):
            try:
                send()
            except grpc.RpcError as error:
                codes.add(error.code() if isinstance(error, grpc.Call) else None)
    assert codes <= {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNIMPLEMENTED}


def test_callers_of_both_make_no_series(pair: Pair) -> None:
    vendor = Vendor(pair.adapter.address)
    for number in range(4):
        vendor.crowd(number)
        call(pair, number)
    services = (pair.adapter, pair.decider)
    before = [service.series() for service in services]
    for number in range(10, 310):
        vendor.crowd(number)
    for number in range(10, 110):
        call(pair, number)
    assert [service.series() for service in services] == before
    vendor.close()
    counted = pair.adapter.scrape()["adapter_answers"].samples
    assert sum(sample.value for sample in counted if sample.labels["app"] == "unknown") == 304
    decided = pair.decider.scrape()["decider_decisions"].samples
    assert {sample.labels["app"] for sample in decided} == {NAMED, "other"}


@dataclass(frozen=True)
class Row:
    """What the page says of a metric."""

    kind: str
    labels: Mapping[str, frozenset[str]]


def documented() -> Mapping[str, Row]:
    """The page's metrics; of a label, the values that are named with it."""
    rows = {}
    for line in (ROOT / "docs" / "metrics.md").read_text().splitlines():
        if found := re.fullmatch(r"\| `([a-z_]+)` \| (counter|gauge|histogram) \| (.*?) ?\| .+ \|", line):
            rows[found[1]] = Row(found[2], dict(_labels(found[3])))
    return rows


def _labels(cell: str) -> Iterator[tuple[str, frozenset[str]]]:
    for part in filter(None, cell.split("; ")):
        names, _, values = part.partition(":")
        for name in re.findall("`([a-z_]+)`", names):
            yield name, frozenset(re.findall("`([A-Za-z0-9_]+)`", values))


# What the settings, the policy or the software name; all that is said on the page is which.
OPEN = {"app", "rule", "candidate_rule", "revision", "caller", "version", "python", "grpc", "generation"}
OPEN |= {"implementation", "major", "minor", "patchlevel"}


def exported(pair: Pair) -> Mapping[str, Row]:
    """What is exported, with the values that were seen of each label."""
    rows: dict[str, Row] = {}
    for service in (pair.adapter, pair.decider):
        for name, family in service.scrape().items():
            seen: dict[str, set[str]] = {}
            for sample in family.samples:
                for label in sample.labels.keys() - {"le"}:
                    seen.setdefault(label, set()).add(sample.labels[label])
            labels = {label: frozenset(values) for label, values in seen.items()}
            rows[f"{name}_total" if family.type == "counter" else name] = Row(family.type, labels)
    return rows


def test_the_page_has_every_metric_and_label_and_no_other(pair: Pair) -> None:
    vendor = Vendor(pair.adapter.address)
    vendor.crowd(1)
    vendor.close()
    eventually(lambda: pair.decider.scrape()["decider_journal_written"].samples[0].value, "a line in the journal")
    told, found = documented(), exported(pair)
    assert {(name, row.kind, *sorted(row.labels)) for name, row in told.items()} == {
        (name, row.kind, *sorted(row.labels)) for name, row in found.items()
    }
    for name, row in found.items():
        for label in row.labels.keys() - OPEN:
            named = told[name].labels[label] or _elsewhere(label)
            assert row.labels[label] <= named, f"{name}: {label}"


def _elsewhere(label: str) -> frozenset[str]:
    """The values of a label that are in tables of their own, or with another metric."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    if label == "reason":
        return frozenset([*re.findall("`([A-Za-z._]+)`", text), ""])
    return frozenset().union(*(row.labels.get(label, frozenset()) for row in documented().values()))
