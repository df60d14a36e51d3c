"""Journals decided again: what changes, by which rules, at which times, and what is left out."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from policies import request, write_policy
from processes import Program

from decider import messages
from decider.journal.mask import Mask, Maskable
from decider.journal.record import Entry, to_line
from decider.policy.engine import decide
from decider.policy.loader import load_policy
from decider.replay.differences import Differences, ReplayedLedger
from decider.replay.journals import Decided, Journals
from decider.replay.report import Report
from decider.requests import RequestError
from decider.undecided import Cause, Undecided
from decider.v1 import decider_pb2 as pb

BEGIN = datetime(2026, 6, 15, 12, tzinfo=UTC)
POLICY = """\
version: 1
lists:
  spam: {kind: words, entries: [casino]}
rules:
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "No."}
  - id: two-an-hour
    limit: {count: 2, per: 1h, key: request.operator_user_id}
    refuse: {code: 10103, message: "Come back in {retry_after}."}
  - id: night
    when: now.getHours() < 6
    refuse: {}
"""


class Past:
    """A journal made by a policy, one decision after the other."""

    def __init__(self, folder: Path, policy: str = POLICY) -> None:
        folder.mkdir()
        self.path = folder / "journal.jsonl"
        self.lines: list[bytes] = []
        self._policy = load_policy(write_policy(folder, policy))
        self._ledger = ReplayedLedger()

    def decide(self, minutes: int, name: str = "chess", mask: Mask | None = None, **fields: object) -> "Past":
        asked, time = request(name, **fields), BEGIN + timedelta(minutes=minutes)
        self._ledger.turn_to(asked.app_id, time)
        decision = decide(self._policy, asked, time, self._ledger)
        answer = messages.response(decision.evaluation.course, decision.conclusion, f"d{len(self.lines)}")
        return self.add(Entry(time, "c", asked, answer, 0.001), mask)

    def add(self, entry: Entry, mask: Mask | None = None) -> "Past":
        self.lines.append(to_line(entry, mask or Mask()))
        self.path.write_bytes(b"".join(self.lines))
        return self


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path / "past")


@pytest.fixture
def replay(tmp_path: Path) -> Callable[..., Report]:
    folder = tmp_path / "new"
    folder.mkdir()

    def one(policy: str, *paths: Path, examples: int = 3) -> Report:
        report = Report(Journals(list(paths)), Differences(load_policy(write_policy(folder, policy)), examples))
        report.differences.replay(report.journals)
        return report

    return one


def changes(report: Report) -> dict[tuple[str, str], int]:
    found = report.differences.changes.values()
    return {(f"{c.before.verdict} {c.before.rule_id}", f"{c.after.verdict} {c.after.rule_id}"): c.count for c in found}


def test_the_same_policy_decides_the_same_limits_and_times_included(past: Past, replay: Callable[..., Report]) -> None:
    for minutes in (0, 10, 20, 59, 61, 62, 71, 800):
        past.decide(minutes).decide(minutes, "CASINO").decide(minutes, operator_user_id=f"user{minutes}")
    report = replay(POLICY, past.path)
    assert (report.differences.decided, changes(report)) == (24, {})


def test_what_changes_is_told_by_the_rules_of_both(past: Past, replay: Callable[..., Report]) -> None:
    past.decide(0).decide(1).decide(2).decide(3, "casino").decide(4, "poker", operator_user_id="eve").decide(1000)
    new = POLICY.replace("[casino]", "[poker]").replace("count: 2", "count: 1").replace("< 6", "< 3")
    assert changes(replay(new, past.path)) == {
        ("allow ", "refuse two-an-hour"): 1,
        ("refuse spam-name", "refuse two-an-hour"): 1,
        ("allow ", "refuse spam-name"): 1,
        ("refuse night", "allow "): 1,
    }


def test_examples_say_where_they_are(past: Past, replay: Callable[..., Report]) -> None:
    for minutes in range(5):
        past.decide(minutes, "poker", operator_user_id=f"user{minutes}")
    report = replay(POLICY.replace("[casino]", "[poker]"), past.path, examples=2)
    text = report.text()
    assert "5 decisions replayed" in text
    assert "5: allowed by the default -> refused by spam-name with code 10101" in text
    assert [f"{past.path}:{number})" in text for number in (1, 2, 3)] == [True, True, False]
    assert "2026-06-15T12:01:00+00:00 user1 'poker'" in text


def test_a_policy_that_cannot_decide_is_told(past: Past, replay: Callable[..., Report]) -> None:
    past.decide(0)
    failing = 'version: 1\nrules:\n  - {id: a, when: \'request.attributes["x"] == ""\', refuse: {}}\n'
    assert "allowed by the default -> could not be decided" in replay(failing, past.path).text()


def test_compressed_journals_and_several_are_read_in_order(past: Past, replay: Callable[..., Report]) -> None:
    past.decide(0).decide(1)
    older = past.path.with_suffix(".1.gz")
    older.write_bytes(gzip.compress(past.path.read_bytes()))
    past.lines.clear()
    past.decide(2).decide(3, "poker", operator_user_id="eve")
    report = replay(POLICY, older, past.path)
    assert (report.differences.decided, changes(report)) == (4, {})


def test_what_was_repeated_undecided_or_cut_off_is_left_out_and_counted(
    past: Past, replay: Callable[..., Report]
) -> None:
    answer = pb.DecideTopicCreationResponse(verdict=1, repeated=True)
    past.decide(0).add(Entry(BEGIN, "c", request(), answer, 0.1))
    past.add(Entry(BEGIN, "c", request(), Undecided(Cause.RULE_FAILED, "no", rule_id="a"), 0.1))
    past.path.write_bytes(past.path.read_bytes() + b'{"schema":1,"time":"2026')
    report = replay(POLICY, past.path)
    assert report.differences.decided == 1
    for reason in ("repeated by their caller", "could not be decided then", "cut off at the end of a file"):
        assert f"left out: 1 {reason}" in report.text()


def test_masked_user_ids_are_pointed_out(past: Past, replay: Callable[..., Report]) -> None:
    past.decide(0, mask=Mask(frozenset({Maskable.OPERATOR}), b"k" * 16))
    assert "1 have a masked user id" in replay(POLICY, past.path).text()


@pytest.mark.parametrize("line", [b"not JSON\n", b"[]\n", b'{"schema": 2}\n', b'{"schema": 1}\n'])
def test_a_line_that_is_none_of_a_journal_is_an_error_with_its_place(past: Past, line: bytes) -> None:
    past.decide(0)
    past.path.write_bytes(past.path.read_bytes() + line)
    with pytest.raises(RequestError, match=r"journal\.jsonl:2: not a line of the journal"):
        list(Journals([past.path]))


def test_a_request_that_is_none_is_an_error_with_its_place(past: Past) -> None:
    past.decide(0)
    past.path.write_bytes(past.path.read_bytes().replace(b'"topic_name"', b'"name_of_topic"'))
    with pytest.raises(RequestError, match=r"journal\.jsonl:1: a request has no field name_of_topic"):
        list(Journals([past.path]))


def test_lines_with_a_trace_are_read_like_those_without(past: Past) -> None:
    past.decide(7, "CASINO")
    line = json.loads(past.lines[0])
    past.path.write_text("".join(json.dumps({**line, **more}) + "\n" for more in ({}, {"trace_id": "0af7" * 8})))
    without, with_one = Journals([past.path])
    assert (without.request, without.rule_id) == (with_one.request, with_one.rule_id)


def test_what_is_read_is_what_was_decided(past: Past) -> None:
    past.decide(7, "CASINO", attributes={"level": "3"})
    (decided,) = Journals([past.path])
    assert isinstance(decided, Decided)
    assert (decided.time, decided.rule_id) == (BEGIN + timedelta(minutes=7), "spam-name")
    assert (decided.effect.code, dict(decided.request.attributes)) == (10101, {"level": "3"})


@pytest.fixture
def run() -> Iterator[Callable[..., tuple[int, str]]]:
    programs: list[Program] = []

    def one(*arguments: str) -> tuple[int, str]:
        programs.append(Program.module("decider", "replay", *arguments))
        code = programs[-1].wait()
        programs[-1].end()
        return code, programs[-1].output.rstrip("\0")

    yield one
    for program in programs:
        program.end()


def test_the_command_is_a_gate(run: Callable[..., tuple[int, str]], past: Past, tmp_path: Path) -> None:
    past.decide(0).decide(1, "poker", operator_user_id="eve")
    new = tmp_path / "new"
    new.mkdir()
    write_policy(new, POLICY.replace("[casino]", "[poker]"))
    command = ("--policy", str(new), str(past.path))
    code, output = run(*command, "--most-turned", "60", "--json")
    assert (code, json.loads(output)["turned"]) == (0, 1), output
    code, output = run(*command, "--most-turned", "40")
    assert (code, "more than the 40% of verdicts that may turn" in output) == (1, True), output
    code, output = run("--policy", str(new), str(new / "policy.yaml"))
    assert (code, "policy.yaml:1: not a line of the journal" in output, "Traceback" in output) == (2, True, False)
