"""The Kubernetes objects fit together and fit the services: what a schema cannot tell."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from manifests import FOLDER, Manifests, Workload, rendered
from ruamel.yaml import YAML

from adapter.settings import Settings as AdapterSettings
from decider.settings import Settings as DeciderSettings

SETTINGS = {"adapter": AdapterSettings, "decider": DeciderSettings}
# Read by others than the settings: the command line.
OTHER_VARIABLES = {"ADAPTER_SECRETS_DIR", "DECIDER_SECRETS_DIR"}


class TestWhoSelectsWhom:
    def test_what_is_named_like_a_deployment_selects_its_pods_and_no_others(
        self, overlay: Manifests, workload: Workload
    ) -> None:
        service = overlay.get("Service", workload.name)["spec"]["selector"]
        assert overlay.selected({"matchLabels": service}) == [workload.name]
        for selector in (
            workload.spec["selector"],
            overlay.get("PodDisruptionBudget", workload.name)["spec"]["selector"],
            overlay.get("NetworkPolicy", workload.name)["spec"]["podSelector"],
            *(each["labelSelector"] for each in workload.pod["topologySpreadConstraints"]),
        ):
            assert overlay.selected(selector) == [workload.name]

    def test_the_autoscaler_scales_it_and_the_budget_leaves_one(self, overlay: Manifests, workload: Workload) -> None:
        scaler = overlay.get("HorizontalPodAutoscaler", workload.name)["spec"]
        assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name}
        budget = overlay.get("PodDisruptionBudget", workload.name)["spec"]["maxUnavailable"]
        assert scaler["maxReplicas"] >= scaler["minReplicas"] > budget > 0
        assert "replicas" not in workload.spec

    def test_it_runs_as_a_service_account_of_its_own_that_may_do_nothing(
        self, overlay: Manifests, workload: Workload
    ) -> None:
        account = overlay.get("ServiceAccount", workload.pod["serviceAccountName"])
        assert account["automountServiceAccountToken"] is workload.pod["automountServiceAccountToken"] is False
        assert not [each["kind"] for each in overlay.objects if "Role" in each["kind"]]

    def test_the_ingress_leads_to_the_adapter_by_tls_and_by_its_path_alone(self, overlay: Manifests) -> None:
        spec = overlay.get("Ingress", "adapter")["spec"]
        (rule,) = spec["rules"]
        (path,) = rule["http"]["paths"]
        assert spec["tls"][0]["hosts"] == [rule["host"]]
        assert path["backend"]["service"] == {"name": "adapter", "port": {"name": "http"}}
        adapters = overlay.workload("adapter").environment.get("ADAPTER_PATH", "/")
        assert (path["path"], path["pathType"]) == (adapters, "Exact")


class TestPorts:
    def test_services_and_probes_name_ports_that_are_there(self, overlay: Manifests, workload: Workload) -> None:
        for port in overlay.get("Service", workload.name)["spec"]["ports"]:
            assert port["targetPort"] in workload.ports
        for probe in workload.probes.values():
            if "httpGet" in probe:
                assert (probe["httpGet"]["port"], probe["httpGet"]["path"][1:]) in (
                    ("admin", "healthz"),
                    ("admin", "readyz"),
                )
            else:
                assert probe["grpc"] == {"port": workload.ports["grpc"], "service": "decider.v1.DeciderService"}

    def test_the_service_listens_where_the_ports_say(self, workload: Workload) -> None:
        prefix, main = workload.name.upper(), {"adapter": "http", "decider": "grpc"}[workload.name]
        assert workload.environment[f"{prefix}_LISTEN"] == f"0.0.0.0:{workload.ports[main]}"
        assert workload.environment[f"{prefix}_ADMIN_LISTEN"] == f"0.0.0.0:{workload.ports['admin']}"

    def test_the_adapter_asks_the_deciders_one_by_one(self, overlay: Manifests) -> None:
        service = overlay.get("Service", "decider")
        (port,) = service["spec"]["ports"]
        assert service["spec"]["clusterIP"] == "None"
        target = overlay.workload("adapter").environment["ADAPTER_DECIDER"]
        assert target == f"{service['metadata']['name']}:{port['port']}"
        # A headless Service gives out addresses, and nobody who would turn its port into the pods'.
        assert port["port"] == overlay.workload("decider").ports[port["targetPort"]]

    def test_liveness_does_not_ask_whether_it_is_ready(self, workload: Workload) -> None:
        assert workload.probes["livenessProbe"]["httpGet"]["path"] == "/healthz"
        assert workload.probes["readinessProbe"]["httpGet"]["path"] == "/readyz"


class TestMetrics:
    def test_prometheus_finds_the_pods_by_what_they_have_and_names_them_as_the_alerts_do(
        self, workload: Workload
    ) -> None:
        text = (FOLDER.parent / "prometheus" / "kubernetes.yaml").read_text()
        (job,) = YAML(typ="safe").load(text)["scrape_configs"]
        found = {
            "__meta_kubernetes_pod_label_" + re.sub(r"\W", "_", name): value for name, value in workload.labels.items()
        }
        ports = [{"__meta_kubernetes_pod_container_port_name": name} for name in workload.ports]
        targets = [relabelled(found | port, job["relabel_configs"]) for port in ports]
        assert [target["job"] for target in targets if target] == [workload.name]
        assert relabelled(ports[-1], job["relabel_configs"]) is None, "somebody else's pod"

    def test_prometheus_looks_into_the_namespace_of_production(self) -> None:
        text = (FOLDER.parent / "prometheus" / "kubernetes.yaml").read_text()
        (discovery,) = YAML(typ="safe").load(text)["scrape_configs"][0]["kubernetes_sd_configs"]
        (namespace,) = rendered("production").of("Namespace")
        assert discovery["namespaces"]["names"] == [namespace["metadata"]["name"]]


def relabelled(labels: dict[str, str], steps: list[dict[str, Any]]) -> dict[str, str] | None:
    """The labels of a target after Prometheus' relabelling; None where it is dropped."""
    for step in steps:
        value = ";".join(labels.get(name, "") for name in step["source_labels"])
        matches = re.fullmatch(step.get("regex", ".*"), value) is not None
        if (step.get("action"), matches) in (("keep", False), ("drop", True)):
            return None
        if "target_label" in step:
            labels = labels | {step["target_label"]: value}
    return labels


class TestSettings:
    def test_every_variable_is_a_setting(self, workload: Workload) -> None:
        prefix = f"{workload.name.upper()}_"
        known = {prefix + field.upper() for field in SETTINGS[workload.name].model_fields} | OTHER_VARIABLES
        assert workload.environment.keys() <= known
        assert workload.pod["enableServiceLinks"] is False

    def test_the_settings_load(self, workload: Workload, tmp_path: Path) -> None:
        (tmp_path / "adapter_apps").write_text('{"1400000000": {"tokens": ["t"], "on_failure": "refuse"}}')
        (tmp_path / "decider_limits").write_text("redis://:secret@redis:6379/0")
        code = f"from {workload.name}.settings import Settings; print(Settings(_secrets_dir={str(tmp_path)!r}))"
        done = subprocess.run(
            [sys.executable, "-c", code], env=dict(workload.environment), capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr

    def test_every_path_in_the_settings_is_mounted_from_a_volume(self, workload: Workload) -> None:
        mounts = {each["mountPath"]: each["name"] for each in workload.container["volumeMounts"]}
        paths = [value for value in workload.environment.values() if value.startswith("/")]
        assert [path for path in paths if not {path, os.path.dirname(path)} & mounts.keys()] == []
        assert sorted(mounts.values()) == sorted(each["name"] for each in workload.pod["volumes"])
        assert "subPath" not in str(workload.container["volumeMounts"])

    def test_the_policy_is_mounted_under_a_name_that_stays(self, overlay: Manifests) -> None:
        (volume,) = [each for each in overlay.workload("decider").pod["volumes"] if "configMap" in each]
        assert overlay.get("ConfigMap", volume["configMap"]["name"])["metadata"]["name"] == "policy"

    def test_no_secret_is_in_the_project(self, overlay: Manifests) -> None:
        assert list(overlay.of("Secret")) == []
        assert not re.search(r"tokens|PRIVATE KEY|password|:[^/\s]+@", str(overlay.objects))


class TestSecurity:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, restricted, and more."""

    def test_the_pod_is_restricted(self, workload: Workload) -> None:
        pod, container = workload.pod["securityContext"], workload.container["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] == pod["runAsGroup"] == pod["fsGroup"] == 65532
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not workload.pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "hostUsers", "initContainers"}
        kinds = {kind for each in workload.pod["volumes"] for kind in each if kind != "name"}
        assert kinds <= {"configMap", "secret", "emptyDir"}
        assert [each for each in workload.container["ports"] if "hostPort" in each] == []

    def test_secrets_can_be_read_by_the_service_alone(self, workload: Workload) -> None:
        modes = [each["secret"]["defaultMode"] for each in workload.pod["volumes"] if "secret" in each]
        assert set(modes) == {0o440}

    def test_it_says_what_it_needs_and_how_much_memory_it_may_have(self, workload: Workload) -> None:
        resources = workload.container["resources"]
        assert resources["requests"].keys() == {"cpu", "memory"}
        assert resources["limits"].keys() == {"memory"}

    def test_in_production_the_namespace_takes_no_other_pods(self) -> None:
        (namespace,) = rendered("production").of("Namespace")
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        placed = {each["metadata"].get("namespace") for each in rendered("production").objects} - {None}
        assert placed == {namespace["metadata"]["name"]}

    def test_in_production_images_are_of_one_version(self) -> None:
        images = [each.container["image"] for each in rendered("production").workloads()]
        assert [image for image in images if not re.fullmatch(r"[a-z.]+/topic-gate/\w+:\d+\.\d+\.\d+", image)] == []


class TestMutualTls:
    @pytest.fixture
    def production(self) -> Manifests:
        return rendered("production")

    def test_nothing_is_in_the_clear(self, production: Manifests) -> None:
        assert "DECIDER_PLAINTEXT" not in production.workload("decider").environment
        assert not any("grpc" in probe for probe in production.workload("decider").probes.values())

    def test_each_has_the_certificate_that_the_other_asks_for(self, production: Manifests) -> None:
        text = (FOLDER / "production" / "certificates.yaml").read_text()
        issued = {
            each["spec"]["secretName"]: each["spec"]
            for each in YAML(typ="safe").load_all(text)
            if each["kind"] == "Certificate"
        }
        adapter, decider = production.workload("adapter"), production.workload("decider")
        assert issued[tls_secret(decider)]["dnsNames"] == [adapter.environment["ADAPTER_DECIDER_NAME"]]
        assert issued[tls_secret(adapter)]["dnsNames"] == decider.environment["DECIDER_CALLERS"].split(",")


def tls_secret(workload: Workload) -> str:
    (volume,) = [each for each in workload.pod["volumes"] if each["name"] == "tls"]
    return str(volume["secret"]["secretName"])
