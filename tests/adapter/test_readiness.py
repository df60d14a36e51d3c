"""The adapter asked whether it lives and is ready, as a process with an admin port."""

import json
import signal
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest
from processes import free_port

from adapter.readiness import Readiness
from adapter.task import CLOCK

APPS = json.dumps({"5": {"on_failure": "refuse"}})


class Probed:
    """An adapter and its admin port."""

    def __init__(self, process):
        self.process = process
        self.url = process.logged("serving admin pages")["url"]

    def ask(self, page):
        try:
            with urllib.request.urlopen(self.url + page, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ready(self):
        status, body = self.ask("readyz")
        return status, {part["name"]: part["state"] for part in json.loads(body)["components"]}


@pytest.fixture
def start(start_process, decider):
    def start(**settings):
        environ = {"ADAPTER_APPS": APPS, "ADAPTER_LISTEN": "127.0.0.1:0", "ADAPTER_ADMIN_LISTEN": "127.0.0.1:0"}
        return Probed(start_process("serve", environ=environ | {"ADAPTER_DECIDER": decider.target} | settings))

    return start


NONE = "none is reachable and serving: on_failure applies"


def test_it_is_ready_while_a_decider_says_that_it_serves(start, decider, until):
    adapter = start()
    assert adapter.ready() == (200, {"listener": "serving", "decider": "reachable"})
    decider.report(False)
    until(lambda: adapter.ready() == (503, {"listener": "serving", "decider": NONE}))
    assert adapter.ask("healthz") == (200, "alive\n")
    decider.report(True)
    until(lambda: adapter.ready()[0] == 200)


def test_without_any_decider_it_is_ready_only_if_the_setting_says_so(start):
    nobody = f"127.0.0.1:{free_port()}"
    assert start(ADAPTER_DECIDER=nobody).ready() == (503, {"listener": "serving", "decider": NONE})
    willing = start(ADAPTER_DECIDER=nobody, ADAPTER_READY_WITHOUT_DECIDER="true")
    assert willing.ready() == (200, {"listener": "serving", "decider": NONE})
    assert willing.process.client.webhook({"SdkAppid": 5}).json["ErrorCode"] == 1


def test_while_it_drains_it_is_alive_and_not_ready_and_answers(start, until):
    adapter = start(ADAPTER_DRAIN_PAUSE="20")
    adapter.process.signal(signal.SIGTERM)
    until(lambda: adapter.ready() == (503, {"listener": "draining", "decider": "reachable"}))
    assert adapter.ask("healthz") == (200, "alive\n")
    assert adapter.process.client.webhook({"SdkAppid": 5}).json["ErrorCode"] == 0


@dataclass
class Loop:
    turned: float
    draining: bool = False


def test_a_loop_that_stands_still_is_no_life(adapter, until):
    readiness = Readiness(Loop(CLOCK() - 60), None, False)
    assert readiness.problem().startswith("the loop has stood still for 60")
    before = adapter.listener.turned
    until(lambda: adapter.listener.turned > before)
    assert Readiness(adapter.listener, None, False).problem() == ""
