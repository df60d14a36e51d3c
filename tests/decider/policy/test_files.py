"""The files of a policy are of one moment."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from policies import NOON, request, write_policy

from decider.policy.engine import decide
from decider.policy.files import Files, read_files
from decider.policy.loader import load_policy
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError

POLICY = """\
version: 1
lists:
  spam: {{kind: words, file: spam.txt}}
rules:
  - {{id: spam, when: '"spam" in name.lists', refuse: {{message: word{number}}}}}
"""


def swap(folder: Path, number: int) -> None:
    """Swap a revision in as Kubernetes swaps a ConfigMap. Its list has one word, which its rule has as its message."""
    (folder / f"..{number}").mkdir()
    write_policy(folder / f"..{number}", POLICY.format(number=number), spam__txt=f"word{number}\n")
    (folder / "..next").symlink_to(f"..{number}")
    os.replace(folder / "..next", folder / "..data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    swap(tmp_path, 1)
    for name in ("policy.yaml", "spam.txt"):
        (tmp_path / name).symlink_to(Path("..data") / name)
    return tmp_path


@pytest.fixture
def swapping(folder: Path) -> Iterator[Path]:
    """The folder while one revision after the other is swapped in."""
    stop = threading.Event()

    def run() -> None:
        for number in range(2, 10_000):
            if stop.wait(0.005):
                return
            swap(folder, number)

    thread = threading.Thread(target=run)
    thread.start()
    yield folder
    stop.set()
    thread.join(10)


def test_files_that_have_not_changed_are_of_one_moment(folder: Path) -> None:
    files = read_files(folder)
    assert files.text("spam.txt") == "word1\n"
    assert files.are_of_one_moment()


def test_a_swap_after_some_files_are_read_is_noticed(folder: Path) -> None:
    files = Files(folder, ["policy.yaml"])
    files.read()
    swap(folder, 2)
    assert not files.are_of_one_moment()


def test_a_list_file_that_comes_or_goes_is_noticed(folder: Path) -> None:
    (folder / "spam.txt").unlink()
    files = Files(folder, ["policy.yaml"])
    files.read()
    assert files.are_of_one_moment()
    (folder / "spam.txt").write_text("word1\n")
    assert not files.are_of_one_moment()


def test_a_path_that_cannot_be_looked_at_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="file name too long"):
        read_files(tmp_path / ("x" * 300))


def load_or_not(path: Path) -> Policy | None:
    """The policy, or None where its files have changed in every try; any other problem is one of a mix."""
    try:
        return load_policy(path)
    except PolicyError as error:
        if "the files keep changing while they are read" in str(error):
            return None
        raise


def test_a_policy_that_is_swapped_while_it_is_loaded_is_never_mixed(swapping: Path) -> None:
    loaded = [policy for policy in (load_or_not(swapping) for _ in range(200)) if policy]
    for policy in loaded:
        assert policy.default
        word = policy.default.rules[0].effect.message
        assert decide(policy, request(word), NOON).conclusion.effect.message == word
    assert len({policy.revision for policy in loaded}) > 1
