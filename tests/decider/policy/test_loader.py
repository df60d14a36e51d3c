"""Loading a policy: documents, files, revision, and every problem with its place."""

import os
from pathlib import Path

import pytest
from policies import write_policy

from decider.policy.loader import load_policy
from decider.policy.problem import PolicyError

EXAMPLE = Path(__file__).parents[3] / "decider" / "example"

GOOD = """\
version: 1
lists:
  spam: {kind: words, file: spam.txt}
rules:
  - id: spam-name
    when: '"spam" in name.lists'
    refuse: {code: 10101, message: No.}
"""


def problems(path: Path) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    return [str(problem) for problem in caught.value.problems]


def test_the_example_policy_loads() -> None:
    policy = load_policy(EXAMPLE)
    assert [document.path for document in policy.documents] == ["newcomers.yaml", "community.yaml"]


def test_a_folder_with_one_document_loads(tmp_path: Path) -> None:
    policy = load_policy(write_policy(tmp_path, GOOD, spam__txt="casino\n"))
    assert policy.default is not None
    assert [rule.id for rule in policy.default.rules] == ["spam-name"]
    assert [(size.name, size.size) for size in policy.default.sizes] == [("spam", 1)]


def test_a_single_document_loads_with_its_list_files(tmp_path: Path) -> None:
    write_policy(tmp_path, GOOD, spam__txt="casino\n")
    assert load_policy(tmp_path / "policy.yaml").revision == load_policy(tmp_path).revision


def test_the_revision_changes_with_every_byte_of_documents_and_lists(tmp_path: Path) -> None:
    write_policy(tmp_path, GOOD, spam__txt="casino\n")
    first = load_policy(tmp_path).revision
    (tmp_path / "spam.txt").write_text("casino\npoker\n")
    second = load_policy(tmp_path).revision
    (tmp_path / "policy.yaml").write_text(GOOD + "# a comment\n")
    assert len({first, second, load_policy(tmp_path).revision}) == 3


def test_the_revision_does_not_depend_on_the_folder_or_on_other_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        write_policy(folder, GOOD, spam__txt="casino\n")
    (other / "notes.md").write_text("not policy")
    (other / "policy_test.yaml").write_text("not: a policy document")
    (other / ".hidden.yaml").write_text("not: a policy document")
    assert load_policy(one).revision == load_policy(other).revision


def test_a_configmap_folder_of_symlinks_loads(tmp_path: Path) -> None:
    data = tmp_path / "..2026_data"
    data.mkdir()
    write_policy(data, GOOD, spam__txt="casino\n")
    (tmp_path / "..data").symlink_to(data.name)
    for name in ("policy.yaml", "spam.txt"):
        (tmp_path / name).symlink_to(Path("..data") / name)
    assert [document.path for document in load_policy(tmp_path).documents] == ["policy.yaml"]


def test_each_app_gets_its_own_document_and_the_others_the_default(tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 1\n", own__yaml="version: 1\napps: [7, 8]\n")
    policy = load_policy(tmp_path)
    paths = {app: document.path for app in (7, 8, 9) if (document := policy.document_for(app))}
    assert paths == {7: "own.yaml", 8: "own.yaml", 9: "policy.yaml"}


BAD_DOCUMENTS = {
    "a misspelt field names file, rule and column": (
        "version: 1\nrules:\n  - id: a\n    when: request.opertor == 'x'\n    allow: {}\n",
        ["policy.yaml:4:18: rule \"a\": undefined field 'opertor' not found in struct "
         "'decider.v1.DecideTopicCreationRequest'; did you mean 'operator_user_id'?"],
    ),
    "a quoted expression keeps its columns": (
        "version: 1\nrules:\n  - id: a\n    when: '\"x\" in operator.list'\n    allow: {}\n",
        ["policy.yaml:4:27: rule \"a\": undefined field 'list' not found in struct 'decider.v1.OperatorFacts'; "
         "did you mean 'lists'?"],
    ),
    "an expression over several lines keeps its lines": (
        "version: 1\nrules:\n  - id: a\n    when: >-\n      name.length > 5 &&\n      name.lenght > 7\n    allow: {}\n",
        ["policy.yaml:6:11: rule \"a\": undefined field 'lenght' not found in struct 'decider.v1.NameFacts'; "
         "did you mean 'length'?"],
    ),
    "every mistake of an expression is told": (
        "version: 1\nrules:\n  - {id: a, when: name.a == 1 || name.b == 2, allow: {}}\n",
        ["policy.yaml:3:23: rule \"a\": undefined field 'a' not found in struct 'decider.v1.NameFacts'",
         "policy.yaml:3:38: rule \"a\": undefined field 'b' not found in struct 'decider.v1.NameFacts'"],
    ),
    "a condition must be true or false": (
        "version: 1\nrules:\n  - {id: a, when: name.length, allow: {}}\n",
        ['policy.yaml:3:19: rule "a": a condition must be true or false, and this is of type int'],
    ),
    "a time zone that does not exist": (
        "version: 1\nrules:\n  - {id: a, when: now.getHours('Asia/Shangai') < 6, allow: {}}\n",
        ['policy.yaml:3:19: rule "a": Invalid timezone'],
    ),
    "a regular expression that is none": (
        "version: 1\nrules:\n  - {id: a, when: request.topic_name.matches('('), allow: {}}\n",
        ['policy.yaml:3:19: rule "a": invalid regular expression: missing ): ('],
    ),
    "a code out of range": (
        "version: 1\nrules:\n  - id: a\n    refuse: {code: 10201}\n",
        ['policy.yaml:4:20: rule "a": a code must be 1 or 10100..10200, and this is 10201'],
    ),
    "a code that allows": (
        "version: 1\nrules:\n  - {id: a, refuse: {code: 0}}\n",
        ['policy.yaml:3:28: rule "a": a code must be 1 or 10100..10200, and this is 0'],
    ),
    "a code that is no number": (
        "version: 1\nrules:\n  - {id: a, refuse: {code: ten}}\n",
        ["policy.yaml:3:28: rule \"a\": `code` must be a whole number, and this is 'ten'"],
    ),
    "an unknown key": (
        "version: 1\nrules:\n  - {id: a, wehn: 'true', allow: {}}\n",
        ['policy.yaml:3:13: rule "a": the key `wehn` is not known here; did you mean `when`?'],
    ),
    "an unknown key of a list": (
        "version: 1\nlists:\n  a: {kind: words, entries: [x], exept: [y]}\n",
        ["policy.yaml:3:34: the key `exept` is not known here; did you mean `except`?"],
    ),
    "a rule without effect": (
        "version: 1\nrules:\n  - {id: a}\n",
        ['policy.yaml:3:5: rule "a": exactly one of `allow` and `refuse` is needed'],
    ),
    "a rule with two effects": (
        "version: 1\nrules:\n  - {id: a, allow: {}, refuse: {}}\n",
        ['policy.yaml:3:5: rule "a": exactly one of `allow` and `refuse` is needed'],
    ),
    "two rules with one id": (
        "version: 1\nrules:\n  - {id: a, allow: {}}\n  - {id: a, refuse: {}}\n",
        ['policy.yaml:4:10: rule "a": another rule has this id'],
    ),
    "a rule without id": (
        "version: 1\nrules:\n  - {allow: {}}\n",
        ["policy.yaml:3:5: `id` is missing"],
    ),
    "an id with a space": (
        "version: 1\nrules:\n  - {id: a b, allow: {}}\n",
        ["policy.yaml:3:10: rule \"a b\": 'a b' is not a name: lower-case letters, digits, _ and -"],
    ),
    "no version": ("rules: []\n", ["policy.yaml:1:1: `version` is missing"]),
    "another version": ("version: 2\n", ["policy.yaml:1:10: `version` must be 1, and this is '2'"]),
    "an unknown kind of list": (
        "version: 1\nlists:\n  a: {kind: word, entries: [x]}\n",
        ["policy.yaml:3:6: `kind` must be 'ids', 'networks', 'words', and this is 'word'"],
    ),
    "a list without entries": (
        "version: 1\nlists:\n  a: {kind: ids}\n",
        ["policy.yaml:3:6: `entries`, `file` or both are needed"],
    ),
    "a network that is none": (
        "version: 1\nlists:\n  a: {kind: networks, entries: [10.0.0.0/8, 10.0.0.1/8, x]}\n",
        ["policy.yaml:3:45: list \"a\": '10.0.0.1/8' names a host in a network; write 10.0.0.0/8",
         "policy.yaml:3:57: list \"a\": 'x' is not an IP address or network"],
    ),
    "a list file that is not there": (
        "version: 1\nlists:\n  a: {kind: ids, file: none.txt}\n",
        ['policy.yaml:3:24: list "a": none.txt: no such file or directory'],
    ),
    "a list file outside the folder": (
        "version: 1\nlists:\n  a: {kind: ids, file: ../none.txt}\n",
        ['policy.yaml:3:24: list "a": ../none.txt: the path must stay inside the policy\'s folder'],
    ),
    "a word of nothing": (
        "version: 1\nlists:\n  a: {kind: words, entries: [' ']}\n",
        ['policy.yaml:3:30: list "a": an entry of which nothing can be seen matches nothing'],
    ),
    "a key twice": ("version: 1\nversion: 1\n", ["policy.yaml:2:1: the key `version` is there twice"]),
    "an unknown default": (
        "version: 1\ndefault: deny\n",
        ["policy.yaml:2:10: `default` must be allow, refuse or {refuse: {...}}, and this is 'deny'"],
    ),
    "not a mapping": ("- 1\n", ["policy.yaml:1:1: the document must be a mapping, and this is a list"]),
    "not YAML": ("version: [1\n", ["policy.yaml:2:1: not YAML: expected ',' or ']', but got '<stream end>', "
                                "while parsing a flow sequence that begins at 1:10"]),
    "a condition that begins with a quote": (
        "version: 1\nrules:\n  - id: a\n    when: \"spam\" in name.lists\n    allow: {}\n",
        ["policy.yaml:4:18: not YAML: expected <block end>, but found '<scalar>', while parsing a block mapping that "
         "begins at 3:5; a text that begins with a quote must be quoted as a whole"],
    ),
    "a condition with a colon": (
        "version: 1\nrules:\n  - id: a\n    when: name.invisible ? true : false\n    allow: {}\n",
        ["policy.yaml:4:33: not YAML: mapping values are not allowed here; a text that has `: ` in it must be quoted"],
    ),
    "a character that YAML does not have": (
        "version: 1\napps: [\"\x07\"]\n",
        ["policy.yaml:2:9: not YAML: the character U+0007 may not be in it"],
    ),
    "what is wrong with the YAML hides nothing": (
        "version: 1\nversion: 1\nrules:\n"
        "  - {id: a, id: A, when: nam, allow: {}}\n  - {id: !x b, alow: {}}\n? [a]\n: b\n",
        ["policy.yaml:2:1: the key `version` is there twice",
         "policy.yaml:4:13: the key `id` is there twice",
         "policy.yaml:4:26: rule \"a\": undeclared reference to 'nam' (in container 'decider.v1')",
         "policy.yaml:5:10: the tag !x is not known",
         'policy.yaml:5:16: rule "b": the key `alow` is not known here; did you mean `allow`?',
         "policy.yaml:6:3: a key must be text"],
    ),
    "a key with nothing after it": (
        "version: 1\napps:\nlists:\n  a: {kind: words, file: }\nrules:\n  - {id: a, when: , refuse: {}}\n",
        ["policy.yaml:3:1: there is nothing after the key; without a value, leave the key out",
         "policy.yaml:4:25: there is nothing after the key; without a value, leave the key out",
         'policy.yaml:6:18: rule "a": there is nothing after the key; without a value, leave the key out'],
    ),
    "a tab": ("version:\n\t1\n", ["policy.yaml:2:1: not YAML: found character '\\t' that cannot start any token"]),
    "an alias of itself": ("&a [*a]\n", ["policy.yaml:1:1: nested too deeply"]),
    "a tag": ("version: !!python/object:os.system 1\n",
              ["policy.yaml:1:10: the tag tag:yaml.org,2002:python/object:os.system is not known"]),
    "half of a surrogate pair": ('version: 1\nx: "\\ud800"\n',
                                 ["policy.yaml:2:1: the key `x` is not known here",
                                  "policy.yaml:2:4: half of a surrogate pair is not text"]),
    "nothing": ("", ["policy.yaml:1:1: the file is empty"]),
    "a message that is too long": (
        "version: 1\nrules:\n  - {id: a, refuse: {message: '" + "x" * 1001 + "'}}\n",
        ['policy.yaml:3:31: rule "a": `message` must have at most 1000 characters'],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS.keys())
def test_a_bad_document_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    (tmp_path / "policy.yaml").write_text(text)
    assert problems(tmp_path) == expected


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    bad = "version: 1\nrules:\n  - {id: a, when: nam.length > 1, allow: {}}\n  - {id: b, refuse: {code: 7}}\n"
    write_policy(tmp_path, bad, other__yaml="version: 3\n", third__yaml="]")
    assert [problem.partition(": ")[0] for problem in problems(tmp_path)] == [
        "other.yaml:1:10",
        "policy.yaml:3:22",
        "policy.yaml:4:28",
        "third.yaml:1:1",
    ]


def test_a_bad_entry_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    text = "version: 1\nlists:\n  a: {kind: networks, file: nets.txt}\n"
    write_policy(tmp_path, text, nets__txt="# ours\n10.0.0.0/8\n\nx  # why\n")
    assert problems(tmp_path) == ["nets.txt:4:1: list \"a\": 'x' is not an IP address or network"]


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_bytes(b"version: 1 # \xff\n")
    assert problems(tmp_path) == ["policy.yaml: not UTF-8 at byte 13"]


def test_what_does_not_fit_the_model_hides_nothing_else(tmp_path: Path) -> None:
    text = (
        "version: 1\nappz: [1]\nlists:\n  J: {kind: ids, entries: [a]}\n  n: {kind: networks, entries: [x]}\n"
        "  w: {kind: wrds, entries: [x]}\nrules:\n"
        "  - {id: a, when: nam.length > 1, alow: {}}\n  - {id: b, when: name.lenght > 1, refuse: {}}\n"
        "  - {id: c, when: '\"nothing\" in name.lists', refuse: {code: 7}}\n  - 5\n"
    )
    (tmp_path / "policy.yaml").write_text(text)
    assert [problem.split(": ")[0] for problem in problems(tmp_path)] == [
        "policy.yaml:2:1",
        "policy.yaml:4:3",
        "policy.yaml:5:33",
        "policy.yaml:6:6",
        "policy.yaml:8:22",
        "policy.yaml:8:35",
        "policy.yaml:9:23",
        "policy.yaml:10:20",
        "policy.yaml:10:61",
        "policy.yaml:11:5",
    ]


@pytest.mark.parametrize("special", ["link", "folder", "pipe", "device"])
@pytest.mark.parametrize("name", ["other.yaml", "spam.txt"])
def test_what_is_no_regular_file_is_an_error_and_is_not_waited_for(tmp_path: Path, name: str, special: str) -> None:
    (tmp_path / "policy.yaml").write_text(GOOD)
    (tmp_path / "spam.txt").write_text("casino\n")
    load_policy(tmp_path)
    path = tmp_path / name
    path.unlink(missing_ok=True)
    {
        "link": lambda: path.symlink_to("nowhere"),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
    }[special]()
    (told,) = problems(tmp_path)
    assert name in told
    assert any(reason in told for reason in ("no such file", "not a regular file"))


def test_two_documents_for_one_app_are_told(tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 1\napps: [5]\n", second__yaml="version: 1\napps: [6, 5]\n")
    assert problems(tmp_path) == ["second.yaml:2:11: app 5 already belongs to policy.yaml"]


def test_two_default_documents_are_told(tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 1\n", second__yaml="version: 1\n")
    expected = "second.yaml:1:1: every other app (it names no `apps`) already belongs to policy.yaml"
    assert problems(tmp_path) == [expected]


def test_a_policy_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path / "none") == [f"{tmp_path}/none: no such file or folder"]
    assert problems(tmp_path) == [f"{tmp_path}: there is no policy document (*.yaml) in the folder"]
