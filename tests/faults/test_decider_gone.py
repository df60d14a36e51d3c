"""A decider that is killed, paused or slow, alone and as one of two."""

import signal

import pytest
from deployments import Deployment
from webhooks import POLICY


@pytest.fixture
def one(deployment: Deployment) -> Deployment:
    """One decider, and an adapter that asks it."""
    deployment.decider()
    deployment.adapter()
    return deployment


def test_while_the_decider_is_dead_everyone_gets_on_failure(one: Deployment) -> None:
    with one.under_load("decider killed, restarted") as case:
        one.deciders[0].kill()
        case.lasts(60)
        one.deciders[0].restart()
        case.mended()
    assert case.fallbacks > 20


def test_while_the_decider_stands_still_everyone_gets_on_failure_in_time(one: Deployment) -> None:
    with one.under_load("decider paused") as case:
        one.deciders[0].program.pause()
        case.lasts(120)
        one.deciders[0].program.signal(signal.SIGCONT)
        case.mended()
    assert case.fallbacks > 40


def test_a_decider_that_is_slow_at_times_delays_nobody_beyond_the_budget(one: Deployment) -> None:
    with one.under_load("decider slow: stands still for 1.5 of every 1.75 s") as case:
        for _ in range(3):
            one.deciders[0].program.pause()
            case.lasts(60)
            one.deciders[0].program.signal(signal.SIGCONT)
            case.lasts(10)
        case.mended()


@pytest.fixture
def two(deployment: Deployment) -> Deployment:
    """Two deciders, and an adapter that asks both."""
    deployment.decider()
    deployment.decider()
    deployment.adapter()
    return deployment


def test_the_death_of_one_of_two_deciders_costs_no_verdict(two: Deployment) -> None:
    with two.under_load("half of the deciders killed") as case:
        two.deciders[0].kill()
        case.lasts(80)
        two.deciders[0].restart()
        case.mended()
    assert case.fallbacks == 0


def test_while_one_of_two_deciders_stands_still_everyone_is_answered_in_time(two: Deployment) -> None:
    with two.under_load("half of the deciders paused") as case:
        two.deciders[0].program.pause()
        case.lasts(160)
        two.deciders[0].program.signal(signal.SIGCONT)
        case.mended()


# Ninety times ninety steps, just below what one expression may take; a hundred of them take a quarter of a second.
NUMBERS = list(range(90))
COSTLY = POLICY + "".join(
    f"""\
  - id: costly-{number}
    when: '{NUMBERS}.exists(a, {NUMBERS}.exists(b, a + b + name.length < 0))'
    refuse: {{code: 10102}}
"""
    for number in range(100)
)


def test_a_policy_far_too_slow_for_the_traffic_delays_nobody_and_can_be_replaced(one: Deployment) -> None:
    with one.under_load("decider slow: a policy that takes 0.25 s a decision") as case:
        one.write_policy(COSTLY)
        case.falls_back()
        case.lasts(100)
        one.write_policy()
        case.mended()
    assert case.fallbacks > 20
