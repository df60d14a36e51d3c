"""Callers in every language see the same decider: cases as data, run by a client in each, judged here."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from answer_losing_proxy import AnswerLosingProxy
from clients import CLIENTS
from conformance import decisions, differences, is_time_sortable, plan, read_cases
from deciders import Deciders

pytestmark = pytest.mark.timeout(1200)  # the first build fetches every language's libraries


@pytest.fixture(scope="module")
def deciders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deciders]:
    deciders = Deciders(tmp_path_factory.mktemp("deciders"))
    yield deciders
    deciders.end()


def observe(language: str, deciders: Deciders, folder: Path) -> Mapping[str, Mapping[str, object]]:
    """What the client in a language saw, by case."""
    CLIENTS[language].make()
    proxy = AnswerLosingProxy(deciders.plain)
    channels = {**deciders.channels, "losing-answers": {"address": proxy.address}}
    file = folder / f"{language}.json"
    file.write_text(plan(read_cases(language), channels), encoding="utf-8")
    try:
        return CLIENTS[language].observe(file)
    finally:
        proxy.close()


@pytest.mark.parametrize("language", CLIENTS)
def test_a_caller_sees_what_the_contract_says(language: str, deciders: Deciders, tmp_path: Path) -> None:
    seen = observe(language, deciders, tmp_path)
    cases = read_cases(language)
    assert list(seen) == [case.name for case in cases]
    found = {case.name: differences(case, seen[case.name]) for case in cases}
    assert {name: lines for name, lines in found.items() if lines} == {}

    made = decisions([each.get("response") for each in seen.values()])
    assert len(made) > 500
    assert all(is_time_sortable(each["decision_id"]) for each in made)
    policy = seen["the active policy"]["response"]
    assert isinstance(policy, dict)
    assert {each["policy_revision"] for each in made} == {policy["revision"]}


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in read_cases("")]
    assert len(set(names)) == len(names)
