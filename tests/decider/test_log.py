"""What the decider's log tells, and what it keeps to itself."""

import json
import subprocess
import sys

from processes import ROOT, TIMEOUT

PROGRAM = """
import structlog
from decider import log
log.configure("info")
def work(operator_user_id):
    raise ValueError("broken")
try:
    work("somebody-private")
except ValueError:
    structlog.get_logger().exception("failed", app=1)
structlog.get_logger().debug("not shown")
"""


def lines() -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_log_is_one_json_object_a_line_from_its_level_upwards() -> None:
    (line,) = lines()
    assert (line["event"], line["level"], line["app"]) == ("failed", "error", 1)


def test_a_traceback_does_not_tell_the_values_of_variables() -> None:
    (line,) = lines()
    assert "broken" in str(line["exception"])
    assert "work" in str(line["exception"])
    assert "somebody-private" not in str(line)
