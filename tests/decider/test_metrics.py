"""What is counted: series that stay few whatever callers send, and go with the rules that they are of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from policies import request, write_policy
from processes import TIMEOUT
from prometheus_client import CollectorRegistry

from decider.metrics import Metrics
from decider.reload import Reloader
from decider.slot import PolicySlot

if TYPE_CHECKING:
    from conftest import Running

SOME = """\
version: 1
rules:
  - {id: no-chess, when: 'name.folded == "chess"', refuse: {code: 10120}}
  - {id: quiet, shadow: true, when: 'name.folded == "go"', refuse: {}}
  - {id: five, limit: {count: 5, per: 1h, key: request.operator_user_id}, refuse: {code: 10121}}
"""
FOR_ONE = """\
version: 1
apps: [1400000000]
rules:
  - {id: own, when: 'name.folded == "chess"', allow: {}}
"""


def series(registry: CollectorRegistry) -> set[tuple[str, ...]]:
    """Every series by its name and the values of its labels."""
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {(sample.name, *sample.labels.values()) for sample in samples}


def test_decisions_are_told_apart_by_the_apps_that_the_policy_names(decider: Running) -> None:
    (decider.folder / "one.yaml").write_text(FOR_ONE)
    decider.use(SOME)
    for app in (1400000000, 5, 6):
        for name in ("chess", "go"):
            decider.stub.DecideTopicCreation(request(name, app_id=app), timeout=TIMEOUT)
    counted = {each[1:] for each in series(decider.registry) if each[0] == "decider_decisions_total"}
    assert counted == {
        ("1400000000", "own", "allow", "enforced"),
        ("1400000000", "", "allow", "enforced"),
        ("other", "no-chess", "refuse", "enforced"),
        ("other", "", "allow", "enforced"),
        ("other", "quiet", "refuse", "shadow"),
    }


def test_no_series_is_made_by_what_callers_send(decider: Running) -> None:
    decider.use(SOME)

    def send(number: int) -> None:
        asked = request(
            f"{'chess' if number % 2 else 'go'}" if number % 3 else f"made up {number}",
            app_id=number + 1,
            operator_user_id=f"user {number}",
            group_type=f"type {number}",
            client_ip=f"10.0.{number // 256}.{number % 256}",
            platform=number % 8,
            request_id=f"id-{number}",
            attributes={f"key-{number}": f"value {number}"},
            dry_run=bool(number % 5),
            explain=bool(number % 7),
        )
        caller = [("x-caller", f"caller {number}"), ("user-agent", f"agent {number}")]
        decider.stub.DecideTopicCreation(asked, timeout=TIMEOUT, metadata=caller)
        asked.topic_name = ""
        with pytest.raises(grpc.RpcError):
            decider.stub.DecideTopicCreation(asked, timeout=TIMEOUT)
        with pytest.raises(grpc.RpcError):
            decider.channel.unary_unary(f"/made.up{number}.Service/Method")(b"", timeout=TIMEOUT)

    for number in range(30):
        send(number)
    before = series(decider.registry)
    for number in range(30, 330):
        send(number)
    assert series(decider.registry) == before


def test_series_go_with_their_rules_and_those_that_stay_go_on(tmp_path: Path) -> None:
    registry, slot = CollectorRegistry(), PolicySlot()
    metrics = Metrics(registry)
    reloader = Reloader("active", write_policy(tmp_path, SOME), slot, lambda: datetime.now(UTC), metrics)
    reloader.load()
    first = slot.get().policy.revision
    metrics._decisions.inc("other", "no-chess", "refuse", "enforced")
    metrics._decisions.inc("other", "", "allow", "enforced")
    metrics.compared("other", "no-chess", "", "allow")
    write_policy(tmp_path, "version: 1\nrules:\n  - {id: new, when: 'name.length > 5', refuse: {}}\n")
    reloader.load()
    left = series(registry)
    assert [each[1:] for each in left if each[0] == "decider_decisions_total"] == [("other", "", "allow", "enforced")]
    assert not [each for each in left if each[0] == "decider_candidate_outcomes_total"]
    revisions = [each for each in left if each[0] == "decider_policy_info"]
    assert revisions == [("decider_policy_info", "active", slot.get().policy.revision)]
    assert first != slot.get().policy.revision
    metrics._decisions.inc("other", "", "allow", "enforced")
    counted = {"app": "other", "rule": "", "verdict": "allow", "mode": "enforced"}
    assert registry.get_sample_value("decider_decisions_total", counted) == 2
    loaded = registry.get_sample_value("decider_policy_loaded_timestamp_seconds", {"which": "active"})
    assert loaded == slot.get().load_time.timestamp()


def test_calls_that_waited_are_measured(decider: Running) -> None:
    decider.use("version: 1\n")
    decider.stub.DecideTopicCreation(request(), timeout=TIMEOUT)
    assert decider.registry.get_sample_value("decider_queue_seconds_count") == 1
