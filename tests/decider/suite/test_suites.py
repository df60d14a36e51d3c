"""`decider test`: suites beside a policy."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from policies import write_policy
from processes import ROOT, TIMEOUT

POLICY = """\
version: 1
lists:
  spam: {kind: words, entries: [casino]}
rules:
  - id: watched
    shadow: true
    when: name.length > 10
    refuse: {}
  - id: level
    when: request.attributes["level"] == "0" && name.length > 3
    refuse: {}
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: "No."}
"""
GOOD = """\
version: 1
request: {app_id: 7, operator_user_id: bob, attributes: {level: "1"}}
cases:
  - name: spam
    request: {topic_name: Big casino night}
    expect: {verdict: refuse, code: 10101, rule: spam-name, message: "No.", shadow: [watched]}
  - request: {topic_name: chess}
    expect: {verdict: allow, code: 0, rule: "", shadow: []}
  - name: without a level there is no decision
    request: {topic_name: chess, attributes: {}}
    expect: {undecided: rule_failed}
  - name: too long a name
    request: {topic_name: ""}
    expect: {undecided: invalid_request}
tables:
  - name: many
    columns: [topic_name, signed, attributes, rule]
    rows:
      - [casino, true, {level: "1"}, spam-name]
      - [chess, false, {level: "0"}, level]
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "decider", "test", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    return done.returncode, done.stdout + done.stderr


def suite(folder: Path, text: str) -> Path:
    return write_policy(folder, POLICY, policy_test__yaml=text)


def test_cases_and_tables_that_are_as_expected_pass(tmp_path: Path) -> None:
    code, output = run(suite(tmp_path, GOOD), "--cover-min", "100")
    assert code == 0, output
    assert "policy_test.yaml: 6 passed, 0 failed" in output
    assert "rules covered: 100%" in output


def test_a_failure_names_its_line_what_differs_and_why(tmp_path: Path) -> None:
    code, output = run(suite(tmp_path, GOOD.replace("code: 10101", "code: 10102")))
    assert code == 1
    assert "FAILED policy_test.yaml:4: spam" in output
    assert "expected code 10102, and it is 10101" in output
    assert "by rule spam-name of policy.yaml" in output
    assert "matches 'casino' at 4..10" in output
    assert "5 passed, 1 failed" in output


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("verdict: refuse", "verdict: allow", "expected verdict allow, and it is refuse"),
        ("rule: spam-name, m", "rule: level, m", "expected rule level, and it is spam-name"),
        ('rule: "", s', "rule: spam-name, s", "expected rule spam-name, and it is none"),
        ("shadow: [watched]", "shadow: []", "expected shadow none, and it is ['watched']"),
        ('message: "No."', 'message: "Yes."', "expected message Yes., and it is No."),
        ("undecided: rule_failed", "verdict: allow", "expected a decision, and it is undecided: rule_failed"),
        ("{verdict: allow, code: 0,", "{undecided: defect,", "expected undecided defect, and it is none"),
        ('level: "0"}, level]', 'level: "0"}, spam-name]', "expected rule spam-name, and it is level"),
    ],
)
def test_every_expectation_can_fail(tmp_path: Path, good: str, bad: str, said: str) -> None:
    assert good in GOOD
    code, output = run(suite(tmp_path, GOOD.replace(good, bad, 1)))
    assert (code, said in output) == (1, True), output


def test_rules_that_no_case_matches_are_named_and_can_fail_the_run(tmp_path: Path) -> None:
    few = "version: 1\ncases:\n  - request: {topic_name: casino, attributes: {level: '1'}}\n    expect: {code: 10101}\n"
    folder = suite(tmp_path, few)
    code, output = run(folder)
    assert (code, "no case matches rule level of policy.yaml" in output) == (0, True)
    assert "rules covered: 33%" in output
    code, output = run(folder, "--cover-min", "50")
    assert (code, "fewer rules are covered than the 50% asked for" in output) == (1, True)


def test_a_share_of_rules_is_not_rounded_up(tmp_path: Path) -> None:
    rules = "".join(f"  - {{id: r{number}, shadow: true, refuse: {{}}}}\n" for number in range(299))
    unmatched = "  - {id: never, when: name.length > 9, refuse: {}}\n"
    case = "version: 1\ncases:\n  - {request: {topic_name: chess}, expect: {code: 0}}\n"
    folder = write_policy(tmp_path, "version: 1\nrules:\n" + rules + unmatched, policy_test__yaml=case)
    code, output = run(folder, "--cover-min", "100")
    assert (code, "rules covered: 99%" in output) == (1, True)


def test_the_result_can_be_had_as_junit_xml(tmp_path: Path) -> None:
    folder = suite(tmp_path, GOOD.replace("code: 10101", "code: 10102"))
    run(folder, "--junit", str(tmp_path / "junit.xml"))
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [(each.get("tests"), each.get("failures")) for each in root] == [("6", "1")]
    failure = root.find("testsuite/testcase[@name='spam']/failure")
    assert failure is not None
    assert failure.get("message") == "expected code 10102, and it is 10101"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "version: 1\ncases:\n  - request: {topic: x}\n    expect: {code: 0}\n",
            "policy_test.yaml:3:15: a request has no",
        ),
        ("version: 1\ncases:\n  - expect: {}\n", "policy_test.yaml:3:13: at least one of verdict, code"),
        ("version: 1\ncases:\n  - expect: {vredict: allow}\n", "is not known here; did you mean `verdict`?"),
        ("version: 1\ncases:\n  - expect: {code: 0}\n    now: noon\n", "noon is not a time"),
        ("version: 1\ntables:\n  - {columns: [nam], rows: [[x]]}\n", "the column `nam` is not known"),
        ("version: 1\ntables:\n  - {columns: [topic_name, code], rows: [[x]]}\n", "the row has 1 cells"),
        (
            "version: 1\ntables:\n  - {columns: [topic_name, code], rows: [[x, y]]}\n",
            "3:46: `code` must be a whole number",
        ),
        (
            "version: 1\ntables:\n  - {columns: [code, code], rows: [[0, 0]]}\n",
            "3:22: the column `code` is there twice",
        ),
        ("version: 1\ntables:\n  - {columns: [code], rows: [[0], 5]}\n", "3:35: a row must be a list of cells"),
        ("version: 1\ntables:\n  - {columns: [cod, code], rows: [[0]]}\n", "3:35: the row has 1 cells"),
        ("version: 1\ncases: []\n", "policy_test.yaml:1:1: there are no cases in it"),
        ("version: [", "policy_test.yaml:1:11: not YAML"),
    ],
)
def test_a_bad_suite_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    code, output = run(suite(tmp_path, text))
    assert (code, said in output) == (2, True), output


BROKEN = """\
version: 1
request: {app_id: many, signed: perhaps}
now: noon
cases:
  - request: {topic_name: x, group: y}
    expect: {verdict: alow}
    now: tomorrow
  - nome: b
tables:
  - columns: [topic_name, code, now]
    rows:
      - 5
      - [a]
      - [a, b, noon]
      - [a, 0, 2026-01-01T00:00:00Z]
    extra: 1
"""


def test_everything_that_is_wrong_with_all_suites_is_told_at_once(tmp_path: Path) -> None:
    folder = suite(tmp_path, BROKEN)
    write_policy(folder, POLICY, more_test__yaml="version: [\n", good_test__yaml=GOOD)
    code, output = run(folder)
    places = [line.split(": ")[0] for line in output.splitlines()]
    assert code == 2
    bad = ["2:19", "2:33", "3:6", "5:30", "6:23", "7:10", "8:5", "8:5", "12:9", "13:9", "14:13", "14:16", "16:5"]
    assert places == ["more_test.yaml:2:1", *(f"policy_test.yaml:{place}" for place in bad)]
    assert "2:19: app_id: invalid literal for int()" in output


def test_a_hidden_file_is_no_suite(tmp_path: Path) -> None:
    folder = suite(tmp_path, GOOD)
    (folder / "._policy_test.yaml").write_bytes(b"\xff")
    assert run(folder)[0] == 0


def test_a_policy_without_suites_is_told(tmp_path: Path) -> None:
    code, output = run(write_policy(tmp_path, POLICY))
    assert (code, "there is no suite" in output) == (2, True)


def test_a_suite_can_be_named(tmp_path: Path) -> None:
    folder = suite(tmp_path, GOOD)
    (tmp_path / "other.yaml.txt").write_text(GOOD)
    code, output = run(folder, str(tmp_path / "other.yaml.txt"))
    assert (code, "other.yaml.txt: 6 passed" in output) == (0, True)
