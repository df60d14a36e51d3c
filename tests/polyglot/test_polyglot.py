"""Callers in every language see the same decider: cases as data, run by a client in each, judged here."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from answer_losing_proxy import AnswerLosingProxy
from clients import CLIENTS
from conformance import Case, decisions, differences, is_time_sortable, plan, read_cases
from deciders import Deciders

CASES = [case.name for case in read_cases("")]
Seen = Mapping[str, Mapping[str, object]]

pytestmark = pytest.mark.timeout(1200)  # the first build fetches every language's libraries


@pytest.fixture(scope="module")
def deciders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deciders]:
    deciders = Deciders(tmp_path_factory.mktemp("deciders"))
    yield deciders
    deciders.end()


@pytest.fixture(scope="module")
def observe(deciders: Deciders, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Seen]:
    """What the client in a language saw; it runs once."""
    folder = tmp_path_factory.mktemp("plans")
    seen: dict[str, Seen] = {}

    def observe(language: str) -> Seen:
        if language not in seen:
            CLIENTS[language].make()
            seen[language] = run(language, deciders, folder)
        return seen[language]

    return observe


def run(language: str, deciders: Deciders, folder: Path) -> Seen:
    proxy = AnswerLosingProxy(deciders.plain)
    channels = {**deciders.channels, "losing-answers": {"address": proxy.address}}
    file = folder / f"{language}.json"
    file.write_text(plan(read_cases(language), channels), encoding="utf-8")
    try:
        return CLIENTS[language].observe(file)
    finally:
        proxy.close()


def case_of(language: str, name: str) -> Case:
    return next(case for case in read_cases(language) if case.name == name)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", CLIENTS)
def test_a_caller_sees_what_the_contract_says(observe: Callable[[str], Seen], language: str, name: str) -> None:
    assert differences(case_of(language, name), observe(language)[name]) == []


@pytest.mark.parametrize("language", CLIENTS)
def test_every_decision_has_an_id_that_sorts_by_time_and_the_revision_that_the_policy_has(
    observe: Callable[[str], Seen], language: str
) -> None:
    seen = observe(language)
    assert set(seen) == set(CASES)
    made = decisions([each.get("response") for each in seen.values()])
    ids = [each.get("decision_id", each.get("decisionId")) for each in made]
    revisions = {each.get("policy_revision", each.get("policyRevision")) for each in made}
    assert len(made) > 500
    assert all(map(is_time_sortable, ids))
    policy = seen["the active policy"]["response"]
    assert isinstance(policy, dict)
    assert revisions == {policy["revision"]}


def test_no_two_cases_have_one_name() -> None:
    assert len(set(CASES)) == len(CASES)
