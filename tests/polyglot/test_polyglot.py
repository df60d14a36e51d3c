"""Callers in every language see the same decider: cases as data, run by a client in each, judged here."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from answer_losing_proxy import AnswerLosingProxy
from clients import CLIENTS, Client
from conformance import Case, decisions, differences, is_time_sortable, plan, read_cases
from future_decider import FutureDecider
from live_deciders import Deciders

pytestmark = pytest.mark.timeout(1200)  # the first build fetches every language's libraries


@pytest.fixture(scope="module")
def deciders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deciders]:
    deciders = Deciders(tmp_path_factory.mktemp("deciders"))
    yield deciders
    deciders.end()


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest) -> Callable[[str], Client]:
    """The client in a language; those of all tests that run are built side by side, before any of them runs."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = {call.params["language"] for call in calls if call and "language" in call.params}
    with ThreadPoolExecutor() as pool:
        builds = {language: pool.submit(CLIENTS[language].make) for language in wanted}
    return lambda language: builds[language].result()


def observe(client: Client, deciders: Deciders, folder: Path) -> Mapping[str, Mapping[str, object]]:
    """What a client saw, by case."""
    proxy = AnswerLosingProxy(deciders.plain, b"second")
    channels = {**deciders.channels, "losing-answers": {"address": proxy.address}}
    file = folder / "plan.json"
    file.write_text(plan(read_cases(client.language), channels), encoding="utf-8")
    try:
        return client.observe(file)
    finally:
        proxy.close()


SILENCE = Case(
    {
        **{"name": "an answer, and all after it, got lost", "channel": "silent", "deadline_ms": 20_000},
        **{"method": "DecideTopicCreation"},
        "request": {"app_id": "1400000000", "operator_user_id": "someone", "topic_name": "casino"},
    },
    {"status": "OK", "response": {"code": 10101}, "milliseconds": [5_000, 18_000]},
)


def observe_silence(client: Client, deciders: Deciders, folder: Path) -> Mapping[str, Mapping[str, object]]:
    """What a client saw of a connection that goes silent, without an end."""
    proxy = AnswerLosingProxy(deciders.plain, b"casino", silent=True)
    file = folder / f"{client.language}.json"
    file.write_text(plan([SILENCE], {"silent": {"address": proxy.address}}), encoding="utf-8")
    try:
        return client.observe(file)
    finally:
        proxy.close()


@pytest.fixture(scope="module")
def silence(
    built: Callable[[str], Client], deciders: Deciders, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Mapping[str, Mapping[str, object]]]]:
    """What the client in a language saw of the silence; all wait for it side by side."""
    folder = tmp_path_factory.mktemp("silence")
    with ThreadPoolExecutor() as pool:
        seen = {
            name: pool.submit(lambda name: observe_silence(built(name), deciders, folder), name) for name in CLIENTS
        }
        yield lambda language: seen[language].result()


def plainly(line: str) -> str:
    """Some languages call INVALID_ARGUMENT InvalidArgument."""
    return line.replace("INVALID_ARGUMENT", "InvalidArgument").replace("UNAVAILABLE", "Unavailable")


@pytest.mark.parametrize("language", CLIENTS)
def test_a_caller_sees_what_the_contract_says(
    language: str, built: Callable[[str], Client], deciders: Deciders, tmp_path: Path
) -> None:
    seen = observe(built(language), deciders, tmp_path)
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


@pytest.mark.parametrize("language", CLIENTS)
def test_the_example_in_the_documentation_tells_all_three_ends_apart(
    language: str, built: Callable[[str], Client], deciders: Deciders
) -> None:
    client = built(language)
    first = ["not counted: a process that has just begun may need its whole deadline to connect"] * 5
    said = client.ask(deciders.plain, *first, "Chess club", "casino", "")
    assert list(map(plainly, said[len(first) :])) == [
        "allowed",
        "refused: 10101 That name is not allowed.",
        "could not decide: InvalidArgument, topic_name is required",
    ]
    nobody = deciders.channels["nobody"]["address"]
    assert list(map(plainly, client.ask(nobody, "Chess club"))) == ["could not decide: Unavailable"]


@pytest.mark.parametrize("language", CLIENTS)
def test_a_caller_gives_a_silent_connection_up_and_asks_over_another(
    language: str, silence: Callable[[str], Mapping[str, Mapping[str, object]]]
) -> None:
    assert differences(SILENCE, silence(language)[SILENCE.name]) == []


@pytest.fixture
def future() -> Iterator[FutureDecider]:
    future = FutureDecider()
    yield future
    future.close()


WARM_UP = ("1",) * 5  # not counted: a process that has just begun may need its whole deadline to connect


@pytest.mark.parametrize("language", CLIENTS)
def test_a_verdict_that_the_caller_does_not_know_is_neither_allowed_nor_refused(
    language: str, built: Callable[[str], Client], future: FutureDecider
) -> None:
    said = built(language).ask(future.address, *WARM_UP, "1", "2", "0", "7")
    assert said[len(WARM_UP) :] == [
        "allowed",
        "refused: 10100 text",
        "could not decide: verdict 0",
        "could not decide: verdict 7",
    ]


STATUSES_OF_NO_USE_TO_ASK_AGAIN = (
    *("INVALID_ARGUMENT", "INTERNAL", "UNAUTHENTICATED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"),
    *("UNKNOWN", "CANCELLED", "ABORTED", "DEADLINE_EXCEEDED", "UNIMPLEMENTED"),
)


@pytest.mark.parametrize("language", CLIENTS)
def test_a_caller_asks_again_on_unavailable_only_and_the_decider_is_told_the_deadline(
    language: str, built: Callable[[str], Client], future: FutureDecider
) -> None:
    said = built(language).ask(future.address, *WARM_UP, "UNAVAILABLE", *STATUSES_OF_NO_USE_TO_ASK_AGAIN)
    assert all(line.startswith("could not decide: ") for line in said[len(WARM_UP) :])
    assert 2 <= future.asked["UNAVAILABLE"] <= 3
    assert {name: future.asked[name] for name in STATUSES_OF_NO_USE_TO_ASK_AGAIN} == dict.fromkeys(
        STATUSES_OF_NO_USE_TO_ASK_AGAIN, 1
    )
    assert [left for left in future.deadlines if left is None or left > 0.6] == []  # asked with 0.5; some round it up


def test_the_example_of_a_batch_tells_the_ends_of_its_items_apart(deciders: Deciders) -> None:
    said = CLIENTS["python"].make().ask(deciders.plain, "Chess club", "casino", "", how="ask-all")
    assert said == [
        "allowed",
        "refused: 10101 That name is not allowed.",
        "could not decide: INVALID_ARGUMENT, topic_name is required",
    ]


CHECK_THE_HEALTH = {"python", "go", "java"}


@pytest.mark.parametrize("language", CLIENTS)
def test_a_decider_that_does_not_serve_is_not_asked_where_the_library_checks_the_health(
    language: str, built: Callable[[str], Client], future: FutureDecider
) -> None:
    future.drain()
    said = built(language).ask(future.address, *WARM_UP)
    if language in CHECK_THE_HEALTH:
        assert plainly(said[-1]) == "could not decide: Unavailable"
        assert future.asked == {}
    else:
        assert said[-1] == "allowed"


def test_no_two_cases_have_one_name() -> None:
    names = [case.name for case in read_cases("")]
    assert len(set(names)) == len(names)
