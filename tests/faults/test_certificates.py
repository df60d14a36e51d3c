"""Certificates that expire, and certificates that are renewed."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from certificates import Authority
from deployments import Deployment
from hammer import Replica

AGE = "1"  # seconds that a connection lives, so that handshakes are made again soon


@dataclass
class Secured:
    """A decider and an adapter that speak mutual TLS, with certificates of one authority."""

    deployment: Deployment
    authority: Authority = field(default_factory=Authority)

    def __post_init__(self) -> None:
        ca = str(self.authority.write(self.deployment.folder))
        self.decider = self._start_decider(ca)
        self.adapter = self._start_adapter(ca)

    def certify(self, name: str) -> tuple[Path, Path]:
        """Give one of them a new certificate."""
        return self.authority.issue(f"{name}.im.svc").write(self.deployment.folder, name)

    def let_expire(self, name: str) -> None:
        """Put one in its place that has expired, so that nobody has to wait for it."""
        expired = self.authority.issue(f"{name}.im.svc", life=timedelta(minutes=-1))
        expired.write(self.deployment.folder, name)

    def _start_decider(self, ca: str) -> Replica:
        cert, key = self.certify("decider")
        return self.deployment.decider(
            DECIDER_TLS_CERT=str(cert),
            DECIDER_TLS_KEY=str(key),
            DECIDER_TLS_CLIENT_CA=ca,
            DECIDER_CALLERS="adapter.im.svc",
            DECIDER_CONNECTION_AGE=AGE,
        )

    def _start_adapter(self, ca: str) -> Replica:
        cert, key = self.certify("adapter")
        return self.deployment.adapter(
            ADAPTER_DECIDER_CA=ca,
            ADAPTER_DECIDER_CERT=str(cert),
            ADAPTER_DECIDER_KEY=str(key),
            ADAPTER_DECIDER_NAME="decider.im.svc",
        )


@pytest.fixture
def secured(deployment: Deployment) -> Secured:
    """Both run."""
    return Secured(deployment)


@pytest.mark.parametrize("name", ["decider", "adapter"])
def test_an_expired_certificate_gives_on_failure_until_it_is_renewed(secured: Secured, name: str) -> None:
    with secured.deployment.under_load(f"{name}'s certificate expired, renewed", back=8) as case:
        secured.let_expire(name)
        case.falls_back()
        case.lasts(40)
        secured.certify(name)
        case.mended()
    assert case.fallbacks > 20


def test_renewing_both_certificates_costs_no_verdict(secured: Secured) -> None:
    with secured.deployment.under_load("both certificates renewed") as case:
        secured.certify("decider")
        secured.certify("adapter")
        case.until("certificate reloaded", secured.decider)
        case.until("certificate reloaded", secured.adapter)
        case.lasts(80)
        case.mended()
    assert case.fallbacks == 0
