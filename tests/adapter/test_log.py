"""The log's two forms."""

import io
import json
import logging

import pytest

from adapter.log import configure


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
