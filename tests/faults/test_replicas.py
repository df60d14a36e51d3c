"""Several deciders behind one name, as a headless Service has them: their shares, one that comes, a rollout."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from deciders import Deciders
from deployments import Deployment
from processes import Program, eventually, free_port
from rollout import ended_well, found_within, replace

# Seconds; short, so that a rollout is over soon. In deploy/kubernetes: 10 and 5.
AGE, LAG = 2.0, 0.5
WEBHOOKS = 120


@pytest.fixture
def deciders(deployment: Deployment) -> Iterator[Deciders]:
    behind = Deciders(deployment, DECIDER_CONNECTION_AGE=str(AGE))
    yield behind
    behind.close()


def test_each_of_three_deciders_decides_a_third_and_the_death_of_one_costs_no_verdict(
    deployment: Deployment, deciders: Deciders
) -> None:
    first, second, third = (deciders.start(DECIDER_CONNECTION_AGE="10") for _ in range(3))
    for _ in range(2):
        deployment.adapter(deciders.target)
    with deployment.under_load("one of three deciders behind a name killed, restarted") as case:
        before = [deciders.decided(each) for each in (first, second, third)]
        case.lasts(WEBHOOKS)
        shares = [deciders.decided(each) - had for each, had in zip((first, second, third), before, strict=True)]
        assert max(shares) < 1.2 * sum(shares) / 3, shares
        assert min(shares) > 0.8 * sum(shares) / 3, shares
        first.kill()
        case.lasts(80)
        first.restart()
        case.mended()
    assert case.fallbacks == 0


def test_a_decider_that_joins_the_name_gets_its_share_within_seconds(
    deployment: Deployment, deciders: Deciders
) -> None:
    first, second = deciders.start(), deciders.start()
    deployment.adapter(deciders.target)
    with deployment.under_load("a third decider joins the name") as case:
        third = deciders.start()
        eventually(lambda: deciders.decided(third), "calls for the new decider", found_within(AGE, 0.0))
        before = [deciders.decided(each) for each in (first, second, third)]
        case.lasts(120)
        shares = [deciders.decided(each) - had for each, had in zip((first, second, third), before, strict=True)]
        assert min(shares) > 0.8 * sum(shares) / 3, shares
        case.mended()
    assert case.fallbacks == 0


def test_a_rollout_of_deciders_and_adapters_at_once_costs_no_verdict(
    deployment: Deployment, deciders: Deciders
) -> None:
    # What takes their place has the same settings, and two may not write one journal.
    inside = [deciders.start(DECIDER_DRAIN_PAUSE="1", DECIDER_JOURNAL="off") for _ in range(2)]
    outside = [deployment.adapter(deciders.target, ADAPTER_DRAIN_PAUSE="1") for _ in range(2)]
    with deployment.under_load("rollout of two deciders and two adapters") as case:

        def changed(come: str, gone: str) -> None:
            case.endpoints += [come] if come else []
            case.endpoints[:] = [each for each in case.endpoints if each != gone]

        def replace_deciders() -> list[Program]:
            ready = found_within(AGE, LAG)
            return [replace(each, deciders.address(), case, LAG, ready, deciders.changed) for each in inside]

        def replace_adapters() -> list[Program]:
            return [replace(each, f"127.0.0.1:{free_port()}", case, LAG, 2 * LAG, changed) for each in outside]

        with ThreadPoolExecutor(2) as rollouts:
            both = [rollouts.submit(rollout) for rollout in (replace_deciders, replace_adapters)]
        assert ended_well([program for rollout in both for program in rollout.result()])
        case.mended()
    assert case.fallbacks == 0
