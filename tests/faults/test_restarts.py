"""Restarts as an operator makes them: SIGTERM, and a new process in place of the old one."""

import signal

from deployments import Deployment
from hammer import Replica


def restart(replica: Replica) -> None:
    """End a program as Kubernetes does, and start it again."""
    replica.program.signal(signal.SIGTERM)
    assert replica.program.wait() == 0, replica.program.output
    replica.program.end()
    replica.restart()


def test_an_adapter_that_is_ended_answers_what_it_has_taken(deployment: Deployment) -> None:
    decider = deployment.decider()
    adapter, _ = deployment.adapter(), deployment.adapter()
    with deployment.under_load("adapter SIGTERM, requests in flight, decider paused") as case:
        decider.program.pause()
        case.lasts(60)
        adapter.program.signal(signal.SIGTERM)
        assert adapter.program.wait() == 0
        assert "stopped with requests unanswered" not in adapter.program.output
        adapter.program.end()
        decider.program.signal(signal.SIGCONT)
        adapter.restart()
        case.mended()
    assert case.fallbacks > 20


def test_restarting_everything_one_after_the_other_costs_no_verdict(deployment: Deployment) -> None:
    replicas = [deployment.decider(DECIDER_DRAIN_PAUSE="1") for _ in range(2)]
    replicas += [deployment.adapter(ADAPTER_DRAIN_PAUSE="1") for _ in range(2)]
    with deployment.under_load("two deciders and two adapters restarted in turn") as case:
        for replica in replicas:
            restart(replica)
            # An adapter takes up to a second to find a decider that is back, and needs one while the next one drains.
            case.lasts(80)
        case.mended()
    assert case.fallbacks == 0
