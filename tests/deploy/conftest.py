"""Each overlay, and each service in it."""

import pytest
from manifests import OVERLAYS, Manifests, Workload, rendered


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Manifests:
    return rendered(request.param)


@pytest.fixture(params=["adapter", "decider"])
def workload(overlay: Manifests, request: pytest.FixtureRequest) -> Workload:
    return overlay.workload(request.param)
