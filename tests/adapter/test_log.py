"""The log's two forms."""

import io
import json
import logging

import pytest
from terminals import EVIL, unprintable

from adapter.log import Patience, configure


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self):
        return True


def test_a_pipe_gets_json_a_line_for_our_own_and_for_libraries():
    stream = io.StringIO()
    log = configure("info", stream)
    log.info("answered", app=5, code=10101)
    logging.getLogger("waitress").warning("from a %s", "library")
    ours, theirs = map(json.loads, stream.getvalue().splitlines())
    assert (ours["event"], ours["app"], ours["code"], ours["level"]) == ("answered", 5, 10101, "info")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"]) == ("from a library", "warning")


def test_a_terminal_gets_a_readable_form():
    stream = Terminal()
    configure("info", stream).info("answered", app=5)
    assert "answered" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["pipe", "terminal"])
def test_a_traceback_holds_no_local_variables(stream):
    log = configure("info", stream)
    token = "a-" + "secret"
    try:
        len(token) / 0
    except ZeroDivisionError:
        log.exception("bug")
    assert "Traceback" in stream.getvalue()
    assert "test_log.py" in stream.getvalue()
    assert "a-secret" not in stream.getvalue()


def test_the_level_is_the_least_that_is_written():
    stream = io.StringIO()
    log = configure("WARNING", stream)
    log.info("no")
    log.warning("yes")
    assert "no" not in stream.getvalue()
    assert "yes" in stream.getvalue()


def test_waiting_requests_are_not_logged_one_by_one():
    stream = io.StringIO()
    configure("debug", stream)
    logging.getLogger("waitress.queue").warning("Task queue depth is 5")
    assert stream.getvalue() == ""


def test_a_form_that_is_asked_for_is_taken_wherever_it_goes():
    stream, terminal = io.StringIO(), Terminal()
    configure("info", stream, "text").info("answered", app=5)
    configure("info", terminal, "json").info("answered", app=5)
    assert "{" not in stream.getvalue()
    assert json.loads(terminal.getvalue())["app"] == 5


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_a_terminal_would_obey_reaches_it(form):
    stream = Terminal()
    log = configure("info", stream, form)
    log.info("answered", detail=EVIL, several=[EVIL], rule="周末 café")
    logging.getLogger("waitress").warning("got %s", EVIL)
    try:
        raise ValueError(EVIL)
    except ValueError:
        log.exception("bug")
    told = stream.getvalue()
    assert unprintable(told) == set()
    assert "周末 café" in told or form == "json"
    assert not any(line.startswith("faked") for line in told.splitlines())


def test_what_a_library_says_again_and_again_is_said_once_in_ten_minutes_with_the_rest_counted():
    now = [0.0]
    patience = Patience(lambda: now[0])

    def left_out():
        record = logging.LogRecord("opentelemetry.sdk", logging.ERROR, "a.py", 1, "cannot send", (), None)
        return (getattr(record, "left_out", 0), record.levelname) if patience.filter(record) else None

    assert [left_out() for _ in range(3)] == [(0, "WARNING"), None, None]
    now[0] = 601
    assert [left_out() for _ in range(2)] == [(2, "WARNING"), None]
    ours = logging.LogRecord("adapter", logging.ERROR, "a.py", 1, "bug", (), None)
    assert all(patience.filter(ours) for _ in range(3))
    assert ours.levelname == "ERROR"
