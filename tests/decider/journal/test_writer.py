"""The journal: what a line says, what is lost and when, rotation, masking, flush."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from policies import request
from prometheus_client import CollectorRegistry

from decider.journal.files import RotatingFile, Sink
from decider.journal.mask import Mask, Maskable
from decider.journal.record import Entry, to_line
from decider.journal.writer import JournalWriter, Limits, WhenFull
from decider.metrics import Metrics
from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb
from decider.v1 import limits_pb2, policy_pb2

TRACE = "0af7651916cd43dd8448eb211c80319c"
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "journal.schema.json").read_text())
TIME = datetime(2026, 6, 15, 12, 0, 0, 5, tzinfo=UTC)
ALLOWED = pb.DecideTopicCreationResponse(
    verdict=policy_pb2.VERDICT_ALLOW, decision_id="0197-id", policy_revision="0123456789abcdef"
)
REFUSED = pb.DecideTopicCreationResponse(
    verdict=policy_pb2.VERDICT_REFUSE,
    code=10101,
    message="赌场 no",
    rule_id="spam-name",
    decision_id="0197-id",
    policy_revision="0123456789abcdef",
    shadow=[
        pb.ShadowOutcome(rule_id="s", verdict=policy_pb2.VERDICT_REFUSE, code=1),
        pb.ShadowOutcome(rule_id="t", error="no value"),
    ],
    limits=[
        limits_pb2.LimitUsage(rule_id="few", used=3, count=5),
        limits_pb2.LimitUsage(rule_id="u", shadow=True, error="no answer"),
    ],
    repeated=True,
)
FULL = request(
    "赌场\n\u2028",
    client_ip="10.1.2.3",
    platform=pb.PLATFORM_WEB,
    event_time=Timestamp(seconds=1669872112),
    request_id="r1",
    signed=True,
    attributes={"level": "3"},
    explain=True,
)


def entry(name: str = "x", outcome: pb.DecideTopicCreationResponse | Undecided = ALLOWED, **fields: object) -> Entry:
    return Entry(TIME, "ipv4:127.0.0.1", request(name, **fields), outcome, 0.0001234)


def metrics() -> tuple[Metrics, Callable[[str], float]]:
    registry = CollectorRegistry()

    def lost(reason: str) -> float:
        return registry.get_sample_value("decider_journal_lost_total", {"reason": reason}) or 0.0

    return Metrics(registry), lost


def writer(
    sink: Sink, measured: Metrics, capacity: int = 1000, when_full: WhenFull = WhenFull.DROP, close_timeout: float = 5
) -> JournalWriter:
    return JournalWriter(sink, Mask(), Limits(capacity, when_full, 0.05, close_timeout), measured)


class Gate:
    """A sink that is stuck until opened, and can fail."""

    def __init__(self) -> None:
        self.open, self.stuck, self.failing = threading.Event(), threading.Event(), False
        self.failed, self.lines = threading.Event(), b""

    def write(self, lines: bytes) -> None:
        self.stuck.set()
        assert self.open.wait(30)
        if self.failing:
            self.failed.set()
            raise OSError(28, "No space left on device")
        self.lines += lines

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "recorded",
    [
        entry(),
        Entry(TIME, "unix:", FULL, REFUSED, 1.5),
        Entry(TIME, "unix:", FULL, REFUSED, 1.5, TRACE),
        entry(outcome=Undecided(Cause.RULE_FAILED, "could not", rule_id="level")),
        entry(outcome=Undecided(Cause.LIMITS_UNAVAILABLE, "no answer", rule_id="few")),
        entry(outcome=Undecided(Cause.DEFECT, "internal error")),
    ],
)
def test_every_line_fits_the_published_schema(recorded: Entry) -> None:
    line = to_line(recorded, Mask())
    assert line.count(b"\n") == 1
    jsonschema.validate(json.loads(line), SCHEMA, format_checker=jsonschema.FormatChecker())


def test_a_line_names_its_trace_where_there_is_one() -> None:
    ids = [json.loads(to_line(Entry(TIME, "c", FULL, REFUSED, 0.1, *given), Mask())) for given in ((), (TRACE,))]
    assert [line.get("trace_id") for line in ids] == [None, TRACE]


def test_a_line_holds_the_request_the_verdict_and_how_long_it_took() -> None:
    assert json.loads(to_line(Entry(TIME, "ipv4:127.0.0.1", FULL, REFUSED, 0.0001234), Mask())) == {
        "schema": 1,
        "time": "2026-06-15T12:00:00.000005Z",
        "caller": "ipv4:127.0.0.1",
        "request": {
            "app_id": "1400000000",
            "operator_user_id": "someone",
            "group_type": "Community",
            "topic_name": "赌场\n\u2028",
            "client_ip": "10.1.2.3",
            "platform": "PLATFORM_WEB",
            "event_time": "2022-12-01T05:21:52Z",
            "request_id": "r1",
            "signed": True,
            "attributes": {"level": "3"},
        },
        "decision_id": "0197-id",
        "verdict": "refuse",
        "code": 10101,
        "message": "赌场 no",
        "rule_id": "spam-name",
        "policy_revision": "0123456789abcdef",
        "shadow": [
            {"rule_id": "s", "verdict": "refuse", "code": 1},
            {"rule_id": "t", "verdict": None, "error": "no value"},
        ],
        "limits": [
            {"rule_id": "few", "used": 3, "count": 5, "full": False},
            {"rule_id": "u", "error": "no answer", "shadow": True},
        ],
        "repeated": True,
        "duration_us": 123,
    }


def test_masking_is_stable_under_a_key_and_differs_between_keys() -> None:
    def masked(key: bytes, **fields: str) -> dict[str, str]:
        mask = Mask({Maskable.OPERATOR, Maskable.IP}, key)
        return json.loads(to_line(entry(**fields), mask))["request"]  # type: ignore[no-any-return]

    one = masked(b"k" * 16, operator_user_id="leckie", client_ip="10.1.2.3")
    assert one["operator_user_id"].startswith("hmac-sha256:")
    assert one["client_ip"].startswith("hmac-sha256:")
    assert "leckie" not in str(one)
    assert one == masked(b"k" * 16, operator_user_id="leckie", client_ip="10.1.2.3")
    assert one != masked(b"j" * 16, operator_user_id="leckie", client_ip="10.1.2.3")
    assert "client_ip" not in masked(b"k" * 16)


def test_closing_writes_everything_that_was_recorded(tmp_path: Path) -> None:
    measured, _ = metrics()
    journal = writer(RotatingFile(tmp_path / "j", 0, 0), measured, capacity=10_000)
    for number in range(5000):
        journal.record(entry(f"topic {number}"))
    journal.close()
    lines = (tmp_path / "j").read_text().splitlines()
    assert [json.loads(line)["request"]["topic_name"] for line in lines] == [f"topic {n}" for n in range(5000)]


def test_a_full_queue_drops_at_once_and_counts() -> None:
    sink, (measured, lost) = Gate(), metrics()
    journal = writer(sink, measured, capacity=3)
    journal.record(entry("stuck"))
    assert sink.stuck.wait(10)
    for number in range(5):
        journal.record(entry(f"queued {number}"))
    assert lost("queue_full") == 2
    sink.open.set()
    journal.close()
    assert sink.lines.count(b"\n") == 4


def test_with_wait_a_full_queue_waits_for_room_before_it_drops() -> None:
    sink, (measured, lost) = Gate(), metrics()
    journal = JournalWriter(sink, Mask(), Limits(1, WhenFull.WAIT, 30), measured)
    journal.record(entry("stuck"))
    assert sink.stuck.wait(10)
    journal.record(entry("queued"))
    waiting = threading.Thread(target=journal.record, args=(entry("waits"),))
    waiting.start()
    sink.open.set()
    waiting.join(30)
    journal.close()
    assert (sink.lines.count(b"\n"), lost("queue_full")) == (3, 0)


def test_with_wait_a_queue_that_stays_full_loses_after_the_bound() -> None:
    sink, (measured, lost) = Gate(), metrics()
    journal = writer(sink, measured, capacity=1, when_full=WhenFull.WAIT)
    journal.record(entry("stuck"))
    assert sink.stuck.wait(10)
    journal.record(entry("queued"))
    journal.record(entry("lost"))
    assert lost("queue_full") == 1
    sink.open.set()
    journal.close()


def test_a_sink_that_fails_loses_lines_counts_them_and_goes_on() -> None:
    sink, (measured, lost) = Gate(), metrics()
    sink.open.set()
    sink.failing = True
    journal = writer(sink, measured)
    journal.record(entry("lost"))
    assert sink.failed.wait(10)
    sink.failing = False
    journal.record(entry("kept"))
    journal.close()
    assert (lost("write_failed"), b"kept" in sink.lines, b"lost" in sink.lines) == (1, True, False)


def test_with_wait_a_sink_that_fails_is_tried_again() -> None:
    sink, (measured, lost) = Gate(), metrics()
    sink.open.set()
    sink.failing = True
    journal = writer(sink, measured, when_full=WhenFull.WAIT)
    journal.record(entry("kept"))
    assert sink.failed.wait(10)
    sink.failing = False
    journal.close()
    assert (lost("write_failed"), b"kept" in sink.lines) == (0, True)


def test_closing_gives_up_on_a_sink_that_is_stuck() -> None:
    sink, (measured, lost) = Gate(), metrics()
    journal = writer(sink, measured, close_timeout=0.05)
    journal.record(entry("stuck"))
    assert sink.stuck.wait(10)
    journal.record(entry("queued"))
    journal.close()
    assert lost("closed") > 0
    sink.open.set()


def test_an_entry_that_cannot_be_written_does_not_end_the_journal(tmp_path: Path) -> None:
    measured, lost = metrics()
    journal = writer(RotatingFile(tmp_path / "j", 0, 0), measured)
    journal.record(entry(outcome=pb.DecideTopicCreationResponse()))  # no verdict: not a decision
    journal.record(entry("kept"))
    journal.close()
    assert (lost("defect"), (tmp_path / "j").read_text().count("\n")) == (1, 1)


def test_a_file_rotates_by_size_and_keeps_as_many_as_asked(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "j", max_bytes=10, keep=2)
    for number in range(5):
        file.write(f"line {number}\n".encode())
    file.close()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "j": "line 4\n",
        "j.1": "line 3\n",
        "j.2": "line 2\n",
    }


def test_a_file_can_rotate_and_keep_none(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "j", max_bytes=10, keep=0)
    for number in range(3):
        file.write(f"line {number}\n".encode())
    file.close()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["line 2\n"]


def test_a_file_is_appended_to_after_a_restart(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        file = RotatingFile(tmp_path / "j", 100, 1)
        file.write(line)
        file.close()
    assert (tmp_path / "j").read_text() == "one\ntwo\n"


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    file = RotatingFile(tmp_path / "j", 0, 0)
    file.write(b"one\n")
    (tmp_path / "j").rename(tmp_path / "moved")
    file.write(b"two\n")
    file.close()
    assert ((tmp_path / "moved").read_text(), (tmp_path / "j").read_text()) == ("one\n", "two\n")


def test_only_its_owner_and_group_can_read_a_journal(tmp_path: Path) -> None:
    RotatingFile(tmp_path / "j", 0, 0).close()
    assert os.stat(tmp_path / "j").st_mode & 0o007 == 0


def test_a_full_disk_is_an_error() -> None:
    file = RotatingFile("/dev/full", 0, 0)
    with pytest.raises(OSError, match="No space left"):
        file.write(b"line\n")
    file.close()


LIMITED = """
import resource, signal, sys
from decider.journal.files import RotatingFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
file = RotatingFile(sys.argv[1], 0, 0)
file.write(b"one\\n")
try:
    file.write(b"too much to fit\\n")
except OSError:
    file.write(b"two\\n")
"""


def test_a_line_for_which_there_is_no_room_leaves_no_half_behind(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path / "j")], check=True, timeout=60)
    assert (tmp_path / "j").read_text() == "one\ntwo\n"
