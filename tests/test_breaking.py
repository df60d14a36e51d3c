"""The contract's guard: what would break callers does not pass, in whatever clone."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # buf is there
    **{f"GIT_{who}_{what}": "test@example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, env=ENVIRONMENT, check=True, capture_output=True)


def check(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [clone / "proto" / "breaking.sh"]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


def assert_broken(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode != 0
    assert done.stdout.startswith("proto/decider/v1/decider.proto:")  # found, not failed to look
    assert "the contract breaks callers of" in done.stderr


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of its own that has the contract as it is here."""
    (tmp_path / "origin").mkdir()
    subprocess.run(["cp", "-r", ROOT / "proto", tmp_path / "origin"], check=True)
    git("init", "--quiet", "--initial-branch=main", cwd=tmp_path / "origin")
    commit(tmp_path / "origin", "the contract")
    return tmp_path / "origin"


def commit(folder: Path, message: str) -> None:
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--message", message, cwd=folder)


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "proto" / "decider" / "v1" / "decider.proto"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_a_field(folder: Path) -> None:
    edit(folder, "  bool explain = 12;", "  bool explain = 12;\n  // What is new.\n  string novelty = 13;")


def add_an_enum_value(folder: Path) -> None:
    edit(folder, "  PLATFORM_UNKNOWN = 8;", "  PLATFORM_UNKNOWN = 8;\n  // Linux.\n  PLATFORM_LINUX = 9;")


@pytest.mark.parametrize("change", [add_a_field, add_an_enum_value])
def test_what_only_adds_passes(clone: Path, change: Callable[[Path], None]) -> None:
    change(clone)
    done = check(clone)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


BREAKING = {
    "a field gone": ("  bool explain = 12;", "  reserved 12;"),
    "a field renamed": ("string topic_name = 4;", "string name = 4;"),
    "a number changed": ("bool explain = 12;", "bool explain = 13;"),
    "a type changed": ("int64 app_id = 1;", "string app_id = 1;"),
    "an enum value gone": ("  PLATFORM_IPAD = 7;", "  reserved 7;"),
    "a method gone": ("  rpc GetPolicy(GetPolicyRequest) returns (GetPolicyResponse);", ""),
}


@pytest.mark.parametrize("change", BREAKING)
def test_what_breaks_callers_does_not_pass_committed_or_not(clone: Path, change: str) -> None:
    edit(clone, *BREAKING[change])
    assert_broken(check(clone))
    commit(clone, change)
    assert_broken(check(clone))


def test_a_release_is_compared_with_however_long_ago_it_was(clone: Path) -> None:
    git("tag", "v0.1.0", cwd=clone)
    edit(clone, *BREAKING["a field gone"])
    for number in range(11):
        (clone / "proto" / "decider" / "v1" / "note").write_text(str(number))
        commit(clone, f"{number}")
    assert "the contract breaks callers of v0.1.0" in check(clone).stderr


def test_a_version_is_found_that_is_many_commits_ago(clone: Path) -> None:
    for number in range(60):
        git("commit", "--quiet", "--allow-empty", "--message", f"{number}", cwd=clone)
    assert check(clone).stderr == ""
    edit(clone, *BREAKING["a field gone"])
    assert_broken(check(clone))


def test_a_shallow_clone_is_told_that_nothing_can_be_compared(clone: Path, tmp_path: Path) -> None:
    add_a_field(clone)
    commit(clone, "a second commit")
    git("clone", "--quiet", "--depth=1", clone.as_uri(), str(tmp_path / "shallow"), cwd=tmp_path)
    done = check(tmp_path / "shallow")
    assert done.returncode != 0
    assert "git fetch --unshallow" in done.stderr


def test_a_worktree_is_compared_with_the_history_of_its_repository(clone: Path, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", str(tmp_path / "other"), cwd=clone)
    assert check(tmp_path / "other").returncode == 0
    edit(tmp_path / "other", *BREAKING["a field gone"])
    assert_broken(check(tmp_path / "other"))


def test_a_branch_is_compared_with_where_it_left_main_however_many_versions_ago(clone: Path) -> None:
    git("checkout", "--quiet", "-b", "branch", cwd=clone)
    edit(clone, *BREAKING["a field gone"])
    for number in range(11):
        (clone / "proto" / "decider" / "v1" / "note").write_text(str(number))
        commit(clone, f"{number}")
    assert_broken(check(clone))


def test_main_is_compared_with_where_it_left_the_main_of_its_origin(clone: Path, tmp_path: Path) -> None:
    git("clone", "--quiet", str(clone), str(tmp_path / "copy"), cwd=tmp_path)
    edit(tmp_path / "copy", *BREAKING["a field gone"])
    for number in range(11):
        (tmp_path / "copy" / "proto" / "decider" / "v1" / "note").write_text(str(number))
        commit(tmp_path / "copy", f"{number}")
    assert_broken(check(tmp_path / "copy"))


def test_a_repository_without_a_commit_has_nothing_to_compare_with(clone: Path) -> None:
    subprocess.run(["rm", "-rf", clone / ".git"], check=True)
    git("init", "--quiet", cwd=clone)
    done = check(clone)
    assert done.returncode != 0
    assert "no commit" in done.stderr


@pytest.mark.parametrize("exception", ["ignore: [decider/v1/decider.proto]", "except: [FIELD_NO_DELETE]"])
def test_an_exception_in_buf_yaml_lets_nothing_through(clone: Path, exception: str) -> None:
    with (clone / "proto" / "buf.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  {exception}\n")
    edit(clone, *BREAKING["a field gone"])
    assert_broken(check(clone))
