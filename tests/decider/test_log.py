"""What the decider's log tells, and what it keeps to itself."""

import json
import os
import subprocess
import sys

import pytest
from processes import ROOT, TIMEOUT
from terminals import EVIL, on_a_terminal, unprintable

from decider.log import Patience

BEGIN = """
import logging, sys, structlog
from decider import log
log.configure("info", log.Format(sys.argv[1]))
"""
PROGRAM = f"""{BEGIN}
def work(operator_user_id):
    raise ValueError("broken")
try:
    work("somebody-private")
except ValueError:
    structlog.get_logger().exception("failed", app=1)
structlog.get_logger().debug("not shown")
"""
LIBRARIES = f"""{BEGIN}
for number in range(1000):
    logging.getLogger("opentelemetry.sdk").error("cannot send %s", number)
logging.getLogger("grpc").error("one")
logging.getLogger("grpc").debug("two")
logging.getLogger("grpc").info("three")
"""
EVILS = f"""{BEGIN}
evil = {EVIL!r}
log = structlog.get_logger()
log.info("turned away", caller=evil, several=[evil], rule="周末 café")
logging.getLogger("library").warning("got %s", evil)
try:
    raise ValueError(evil)
except ValueError:
    log.exception("failed")
"""
IDS = f"""{BEGIN}
token = log.subject.set(dict(request_id="r", trace_id="t", span_id=""))
structlog.get_logger().warning("ours")
logging.getLogger("grpc").warning("theirs")
log.subject.reset(token)
structlog.get_logger().warning("after")
"""


def lines(program: str, form: str = "auto") -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", program, form], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def shown(program: str, form: str = "auto") -> str:
    return on_a_terminal([sys.executable, "-c", program, form])


def test_a_log_is_one_json_object_a_line_from_its_level_upwards() -> None:
    (line,) = lines(PROGRAM)
    assert (line["event"], line["level"], line["app"]) == ("failed", "error", 1)


@pytest.mark.parametrize("read", [lambda: str(lines(PROGRAM)), lambda: shown(PROGRAM)], ids=["JSON", "text"])
def test_a_traceback_does_not_tell_the_values_of_variables(read) -> None:  # type: ignore[no-untyped-def]
    told = read()
    assert "broken" in told
    assert "work" in told
    assert "somebody-private" not in told


def test_libraries_log_in_the_same_form_and_not_the_same_again_and_again() -> None:
    told = [(line["logger"], line["level"], line["event"]) for line in lines(LIBRARIES)]
    assert told == [
        ("opentelemetry.sdk", "warning", "cannot send 0"),
        ("grpc", "error", "one"),
        ("grpc", "info", "three"),
    ]


def test_every_line_names_the_call_in_which_it_is_written() -> None:
    ids = [(line["event"], line.get("request_id"), line.get("trace_id")) for line in lines(IDS)]
    assert ids == [("ours", "r", "t"), ("theirs", "r", "t"), ("after", None, None)]
    assert not any("span_id" in line for line in lines(IDS))


def test_a_terminal_gets_text_and_json_where_it_is_asked_for() -> None:
    assert "failed" in shown(PROGRAM)
    assert "{" not in shown(PROGRAM)
    assert json.loads(shown(PROGRAM, "json"))["event"] == "failed"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_a_terminal_would_obey_reaches_it(form: str) -> None:
    told = shown(EVILS, form)
    assert unprintable(told) == set()
    assert "turned away" in told
    assert "周末 café" in told or form == "json"
    assert not any(line.startswith("faked") for line in told.splitlines())


def test_a_log_that_nobody_reads_any_more_ends_nothing() -> None:
    program = f"""{BEGIN}
for number in range(1000):
    structlog.get_logger().info("x" * 1000)
logging.getLogger("library").warning("%d", "not a number")
print("still here")
"""
    command = [sys.executable, "-c", program, "json"]
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as nobody:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=nobody, timeout=TIMEOUT, check=True)
    assert done.stdout == b"still here\n"


def test_each_subject_is_told_once_in_a_while_with_what_was_left_out() -> None:
    now = [0.0]
    patience = Patience(10, lambda: now[0])
    assert [patience.take("a") for _ in range(3)] == [{}, None, None]
    assert patience.take("b") == {}
    now[0] = 10.0
    assert patience.take("a") == {"left_out": 2}
    now[0] = 20.0
    assert patience.take("a") == {}
