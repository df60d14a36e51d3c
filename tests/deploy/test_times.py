"""The times in the Kubernetes objects fit together: the sums of docs/kubernetes.md."""

import re

from manifests import FOLDER, Manifests, Workload
from rollout import DNS_BEHIND, found_within
from ruamel.yaml import YAML

from adapter.settings import Settings

# Seconds for what comes after a drain: the journal and the store close, the interpreter ends.
ENDING = 5.0
DRAINS = {
    "adapter": ("ADAPTER_DRAIN_PAUSE", "ADAPTER_DRAIN"),
    "decider": ("DECIDER_DRAIN_PAUSE", "DECIDER_DRAIN_GRACE"),
}


def drain(workload: Workload) -> list[float]:
    return [workload.seconds(name) for name in DRAINS[workload.name]]


def test_a_new_one_is_ready_before_an_old_one_ends(workload: Workload) -> None:
    assert workload.spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_there_is_time_to_drain(workload: Workload) -> None:
    assert sum(drain(workload)) + ENDING <= workload.pod["terminationGracePeriodSeconds"]


def test_whoever_still_has_the_old_address_is_served(workload: Workload) -> None:
    assert drain(workload)[0] >= DNS_BEHIND


def test_what_was_accepted_is_answered(overlay: Manifests, workload: Workload) -> None:
    assert "ADAPTER_BUDGET" not in overlay.workload("adapter").environment
    assert drain(workload)[1] >= 2 * Settings.model_fields["budget"].default


def test_every_adapter_has_found_a_new_decider_before_the_next_old_one_ends(overlay: Manifests) -> None:
    decider = overlay.workload("decider")
    assert decider.spec["minReadySeconds"] > found_within(decider.seconds("DECIDER_CONNECTION_AGE"))


def test_the_sum_is_of_the_interval_that_the_adapter_has() -> None:
    # It is an option of gRPC, and no setting.
    source = (FOLDER.parents[1] / "adapter" / "client.py").read_text()
    assert '("grpc.dns_min_time_between_resolutions_ms", 1_000)' in source


def test_a_probe_has_time_for_what_it_asks(workload: Workload) -> None:
    # /readyz waits up to a second for the decider's own server, or for a decider that serves.
    assert all(probe["timeoutSeconds"] > 1 for probe in workload.probes.values())


def test_a_certificate_is_renewed_days_before_an_alert_says_that_it_ends() -> None:
    alerts = (FOLDER.parent / "prometheus" / "alerts.yaml").read_text()
    days = [int(each) for each in re.findall(r"- time\(\)\s+< (\d+) \* 86400", alerts)]
    certificates = [
        each["spec"]
        for each in YAML(typ="safe").load_all((FOLDER / "production" / "certificates.yaml").read_text())
        if each["kind"] == "Certificate"
    ]
    assert (len(days), len(certificates)) == (2, 3)
    for certificate in certificates:
        duration, before = (int(certificate[name].removesuffix("h")) for name in ("duration", "renewBefore"))
        assert duration > 2 * before, "else it would be renewed again and again"
        assert before >= (max(days) + 7) * 24
