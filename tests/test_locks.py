"""The locks of the images: what each service needs, as the lock of everything has it."""

import re
from collections.abc import Iterator
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from processes import ROOT

SERVICES = ("adapter", "decider")


def read(lock: str) -> dict[str, str]:
    """Each distribution's entry, version, marker and hashes, without comments."""
    lines = (ROOT / lock).read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    entries = re.split(r"\n(?=\S)", text.strip())
    return {entry.partition("==")[0]: entry for entry in entries}


def applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""})


def needed(name: str, extras: frozenset[str]) -> Iterator[str]:
    """All that a distribution needs here, by the metadata of what is installed."""
    pending, seen = [(name, extras)], set()
    while pending:
        case = pending.pop()
        if case in seen:
            continue
        seen.add(case)
        yield canonicalize_name(case[0])
        found = [Requirement(text) for text in requires(case[0]) or ()]
        pending += [(each.name, frozenset(each.extras)) for each in found if applies(each, case[1])]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_locked_to_what_everything_is_locked_to(service: str) -> None:
    everything, own = read("requirements.lock"), read(f"requirements-{service}.lock")
    assert len(own) > 10
    assert own == {name: everything.get(name) for name in own}, "run make lock"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_locked_to_all_that_it_needs_and_no_more(service: str) -> None:
    entries = (Requirement(entry.split(" \\")[0]) for entry in read(f"requirements-{service}.lock").values())
    locked = {canonicalize_name(entry.name) for entry in entries if applies(entry, frozenset())}
    assert locked == set(needed("topic-gate", frozenset({service, "otel"}))) - {"topic-gate"}, "run make lock"


@pytest.mark.parametrize("lock", ["requirements.lock", *(f"requirements-{service}.lock" for service in SERVICES)])
def test_a_lock_names_no_address(lock: str) -> None:
    assert not re.search(r"https?:|index-url|find-links", (ROOT / lock).read_text())
