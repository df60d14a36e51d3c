"""A deployment to break, and the table of what was measured."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment
from fault_case import Finding

FINDINGS: list[Finding] = []


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Nothing runs yet; the policy is there."""
    running = Deployment(tmp_path)
    running.write_policy()
    yield running
    for replica in [*running.adapters, *running.deciders]:
        replica.end()
    FINDINGS.extend(finding for case in running.cases for finding in case.findings)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of docs/faults.md."""
    if FINDINGS:
        terminalreporter.section("faults: answers, fallbacks, longest answer, verdicts back after")
    for each in FINDINGS:
        line = f"{each.fault:55} {each.replies:5} {each.fallbacks:5} {each.longest:7.2f} s {each.back:6.1f} s"
        terminalreporter.line(line)
