"""Certificates that expire, and certificates that are renewed."""

from datetime import timedelta

import pytest
from certificates import Authority

AGE = 1  # seconds that a connection lives, so that handshakes are made again soon
EXPIRED = timedelta(minutes=-1)


@pytest.fixture
def secured(deployment):
    """A decider and an adapter that speak mutual TLS, and how to give one of them a new certificate."""
    folder, authority = deployment.folder, Authority()
    ca = str(authority.write(folder))

    def certify(name, **life):
        return authority.issue(f"{name}.im.svc", **life).write(folder, name)

    (decider_cert, decider_key), (adapter_cert, adapter_key) = certify("decider"), certify("adapter")
    decider = deployment.decider(
        DECIDER_TLS_CERT=str(decider_cert),
        DECIDER_TLS_KEY=str(decider_key),
        DECIDER_TLS_CLIENT_CA=ca,
        DECIDER_CALLERS="adapter.im.svc",
        DECIDER_CONNECTION_AGE=str(AGE),
    )
    adapter = deployment.adapter(
        ADAPTER_DECIDER_CA=ca,
        ADAPTER_DECIDER_CERT=str(adapter_cert),
        ADAPTER_DECIDER_KEY=str(adapter_key),
        ADAPTER_DECIDER_NAME="decider.im.svc",
    )
    return deployment, decider, adapter, certify


def test_an_expired_certificate_of_the_decider_gives_on_failure_until_it_is_renewed(secured):
    deployment, _, _, certify = secured
    with deployment.under_load("decider's certificate expired, renewed") as case:
        certify("decider", life=EXPIRED)
        case.falls_back()
        case.lasts(40)
        certify("decider")
        case.mended()
    assert case.finding.fallbacks > 20


def test_an_expired_certificate_of_the_adapter_gives_on_failure_until_it_is_renewed(secured):
    deployment, _, _, certify = secured
    with deployment.under_load("adapter's certificate expired, renewed", back=8) as case:
        certify("adapter", life=EXPIRED)
        case.falls_back()
        case.lasts(40)
        certify("adapter")
        case.mended()
    assert case.finding.fallbacks > 20


def test_renewing_both_certificates_costs_no_verdict(secured):
    deployment, decider, adapter, certify = secured
    with deployment.under_load("both certificates renewed") as case:
        certify("decider")
        certify("adapter")
        case.until("certificate reloaded", decider)
        case.until("certificate reloaded", adapter)
        case.lasts(80)
        case.mended()
    assert case.finding.fallbacks == 0
