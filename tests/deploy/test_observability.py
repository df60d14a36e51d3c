"""Alert rules and dashboard: read by what will read them, and about what the services really export."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from observed_pair import Pair, observed_pair
from processes import ROOT, eventually
from programs import path_of
from prometheus import Prometheus, prometheus
from prometheus_client import Metric
from ruamel.yaml import YAML
from vendor import Vendor

DEPLOY = ROOT / "deploy"
ALERTS, TESTS = DEPLOY / "prometheus" / "alerts.yaml", sorted((DEPLOY / "prometheus").glob("*_test.yaml"))
OURS = r"\b(?:adapter|decider|process)_[a-z_]+|\bup\b"
OF_PROMETHEUS = {"job", "instance"}


@cache
def rules() -> Sequence[Mapping[str, Any]]:
    return [rule for group in YAML(typ="safe").load(ALERTS)["groups"] for rule in group["rules"]]


def alerts() -> Sequence[Mapping[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


@cache
def panels() -> Sequence[Mapping[str, Any]]:
    return [panel for panel in json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())["panels"]]


def queries() -> Iterator[tuple[str, str]]:
    """The dashboard's, with what Grafana puts in for its variables."""
    for panel in panels():
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "30s").replace("$app", ".*")


def run(*command: str, given: str = "", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder, timeout=280)


def test_promtool_takes_the_configuration_and_the_rules() -> None:
    result = run(path_of("promtool"), "check", "config", str(DEPLOY / "prometheus" / "prometheus.yaml"))
    assert result.returncode == 0, result.stderr
    assert f"SUCCESS: {len(rules())} rules found" in result.stdout


def test_promtool_takes_the_configuration_for_kubernetes(tmp_path: Path) -> None:
    # Debian's promtool is built without Kubernetes' discovery, so it reads everything but that.
    yaml = YAML(typ="safe")
    configuration = yaml.load(DEPLOY / "prometheus" / "kubernetes.yaml")
    (job,) = configuration["scrape_configs"]
    (discovery,) = job.pop("kubernetes_sd_configs")
    assert discovery.keys() == {"role", "namespaces"}
    shutil.copy(ALERTS, tmp_path)
    yaml.dump(configuration, tmp_path / "kubernetes.yaml")
    result = run(path_of("promtool"), "check", "config", str(tmp_path / "kubernetes.yaml"))
    assert result.returncode == 0, result.stderr


def test_each_alert_fires_and_does_not_as_its_tests_say() -> None:
    result = run(path_of("promtool"), "test", "rules", *map(str, TESTS))
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_is_tested_both_ways() -> None:
    tests = [test for path in TESTS for test in YAML(typ="safe").load(path)["tests"]]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    for fires in (True, False):
        tested = {case["alertname"] for case in cases if bool(case.get("exp_alerts")) is fires}
        assert tested == {alert["alert"] for alert in alerts()}


def test_each_alert_has_its_section_in_the_runbook_and_no_section_is_without() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    sections = re.findall(r"^### (TopicGate\w+)$", text, re.MULTILINE)
    assert sections == [alert["alert"] for alert in alerts()]
    for alert in alerts():
        assert alert["annotations"]["runbook"] == f"docs/operating.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in ("critical", "warning")


def test_the_dashboard_is_what_its_script_writes() -> None:
    written = run(sys.executable, str(DEPLOY / "grafana" / "dashboard.py"))
    assert written.stdout == (DEPLOY / "grafana" / "dashboard.json").read_text()


@pytest.mark.timeout(300)  # to compile the models for the first time
def test_grafanas_own_models_read_the_dashboard(tmp_path: Path) -> None:
    text = (DEPLOY / "grafana" / "dashboard.json").read_text()
    reader = str(tmp_path / "reader")
    built = run(path_of("go"), "build", "-o", reader, ".", folder=ROOT / "tests" / "dashboard")
    assert built.returncode == 0, built.stderr
    read = run(reader, given=text)
    assert (read.returncode, read.stderr) == (0, "")
    wrong = run(reader, given=text.replace('"expr"', '"exp"', 1))
    assert "unexpected field 'exp'" in wrong.stderr


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with observed_pair(tmp_path_factory.mktemp("pair")) as running:
        send(running, range(6))
        yield running


def send(pair: Pair, numbers: range) -> None:
    vendor = Vendor(pair.adapter.address)
    for number in numbers:
        vendor.crowd(number)
    vendor.close()


@pytest.fixture(scope="module")
def server(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), pair) as running:
        eventually(lambda: len(running.query('up{job=~"adapter|decider"} == 1')) == 2, "scrapes of both")
        send(pair, range(6, 12))  # what is counted now is seen to grow
        yield running


def test_a_real_prometheus_reaches_both_and_evaluates_every_rule(server: Prometheus) -> None:
    def health() -> set[str]:
        return {rule["health"] for group in server.ask("rules")["groups"] for rule in group["rules"]}

    eventually(lambda: health() == {"ok"}, "every rule evaluated")
    assert sum(len(group["rules"]) for group in server.ask("rules")["groups"]) == len(rules())
    firing = {alert["labels"]["alertname"] for alert in server.ask("alerts")["alerts"] if alert["state"] == "firing"}
    assert firing <= {"TopicGateWrongAddress"}


# What there is only in trouble, or with apps that the policy names and nobody asked about.
QUIET = ("tls_reload_failed > 0", 'outcome=~"fallback_.*"', "candidate_outcomes")


def test_every_panel_shows_something_of_a_real_pair(server: Prometheus) -> None:
    for title, query in queries():
        eventually(lambda query=query: server.query(query) or any(part in query for part in QUIET), f"{title}: {query}")


def test_alerts_and_panels_ask_for_metrics_labels_and_values_that_there_are(pair: Pair) -> None:
    families = {**pair.adapter.scrape(), **pair.decider.scrape()}
    labels = _labels(families)
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = [(str(rule.get("alert", rule.get("record"))), str(rule["expr"])) for rule in rules()] + list(queries())
    for where, expression in asked:
        assert set(re.findall(r"topic_gate:[a-z0-9_:]+", expression)) <= recorded, where
        bare = re.sub(r'"[^"]*"', "", re.sub(r"topic_gate:[a-z0-9_:]+", "", expression))
        for name in re.findall(OURS, bare):
            assert name in labels or re.search(rf"\w{name}|{name}\w", bare) or name == "up", f"{where}: {name}"
        for name, matchers in re.findall(rf"({OURS})\{{([^}}]*)\}}", expression):
            for label, how, value in re.findall(r'([a-z_]+)(=~|=|!~|!=)"([^"]*)"', matchers):
                if label not in OF_PROMETHEUS:
                    assert label in labels[name], f"{where}: {name} has no {label}"
                    pattern = value if "~" in how else re.escape(value)
                    seen = labels[name][label]
                    assert any(re.fullmatch(pattern, each) for each in seen), f"{where}: {label}{how}{value} of {seen}"


def _labels(families: Mapping[str, Metric]) -> Mapping[str, Mapping[str, set[str]]]:
    """By the name of a series: its labels, and their values."""
    found: dict[str, dict[str, set[str]]] = {}
    for family in families.values():
        for sample in family.samples:
            of = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                of.setdefault(label, set()).add(value)
    return found
