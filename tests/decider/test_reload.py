"""A changed policy is taken into use, a broken one is not."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from policies import NOON, write_policy
from processes import eventually
from prometheus_client import CollectorRegistry

from decider.metrics import Metrics
from decider.policy.problem import PolicyError
from decider.reload import Reloader, Watch, fingerprint
from decider.slot import PolicySlot

GOOD = "version: 1\ndefault: {refuse: {code: %d}}\n"


class Kept:
    """A reloader of a folder, and what it keeps."""

    def __init__(self, path: Path) -> None:
        self.slot, self.registry = PolicySlot(), CollectorRegistry()
        self.reloader = Reloader("active", path, self.slot, lambda: datetime.now(UTC), Metrics(self.registry))

    @property
    def code(self) -> int:
        default = self.slot.get().policy.default
        assert default is not None
        return default.default.code

    def look_twice(self) -> None:
        for _ in range(2):
            self.reloader.look()

    def count(self, outcome: str) -> float:
        labels = {"which": "active", "outcome": outcome}
        return self.registry.get_sample_value("decider_policy_reloads_total", labels) or 0


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    write_policy(tmp_path, GOOD % 10101)
    kept = Kept(tmp_path)
    kept.reloader.load()
    return kept


def test_a_change_is_taken_once_the_files_have_settled(kept: Kept, tmp_path: Path) -> None:
    write_policy(tmp_path, GOOD % 10102)
    kept.reloader.look()
    assert kept.code == 10101
    kept.reloader.look()
    assert (kept.code, kept.count("changed")) == (10102, 2)


def test_files_that_keep_changing_are_waited_for(kept: Kept, tmp_path: Path) -> None:
    for code in range(10110, 10115):
        write_policy(tmp_path, GOOD % code, notes__txt="x" * (code - 10100))
        kept.reloader.look()
    assert kept.code == 10101
    kept.reloader.look()
    assert kept.code == 10114


def test_nothing_is_loaded_while_nothing_changes(kept: Kept) -> None:
    for _ in range(5):
        kept.look_twice()
    assert (kept.count("changed"), kept.count("unchanged"), kept.count("failed")) == (1, 0, 0)


def test_a_broken_change_keeps_the_good_policy_and_is_tried_and_told_once(kept: Kept, tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 1\nrules:\n  - {id: a, when: nam, allow: {}}\n")
    for _ in range(3):
        kept.look_twice()
    assert (kept.code, kept.count("failed")) == (10101, 1)
    assert kept.slot.failure is not None
    assert 'policy.yaml:3:19: rule "a"' in kept.slot.failure.message
    labels = {"which": "active"}
    assert kept.registry.get_sample_value("decider_policy_reload_failed", labels) == 1


def test_a_mended_policy_ends_the_failure(kept: Kept, tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 3\n")
    kept.look_twice()
    before = kept.slot.get()
    write_policy(tmp_path, GOOD % 10101)
    kept.look_twice()
    assert kept.slot.failure is None
    assert kept.slot.get() is before, "the same revision is the same policy, in use since then"
    assert kept.registry.get_sample_value("decider_policy_reload_failed", {"which": "active"}) == 0


def test_a_policy_that_goes_away_stays_in_use_and_its_return_is_noticed(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").rename(tmp_path / "away")
    kept.look_twice()
    assert (kept.code, kept.count("failed")) == (10101, 1)
    write_policy(tmp_path, GOOD % 10103)
    kept.look_twice()
    assert (kept.code, kept.slot.failure) == (10103, None)


def test_a_list_file_in_a_folder_below_counts(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "spam.txt").write_text("casino\n")
    spam = "version: 1\nlists: {spam: {kind: words, file: lists/spam.txt}}\n"
    write_policy(tmp_path, spam)
    kept.look_twice()
    first = kept.slot.get().policy.revision
    (tmp_path / "lists" / "spam.txt").write_text("poker\n")
    kept.look_twice()
    assert kept.slot.get().policy.revision != first


def test_a_change_that_keeps_size_and_time_is_noticed(kept: Kept, tmp_path: Path) -> None:
    write_policy(tmp_path, "version: 1\ndefault: {refuse: {code: 10101}}\n")
    kept.look_twice()
    file = tmp_path / "policy.yaml"
    before = file.stat()
    with file.open("r+") as written:
        written.write(file.read_text().replace("10101", "10102"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    kept.look_twice()
    assert kept.code == 10102


def test_the_swapped_link_of_a_configmap_is_noticed(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"..data_{number}").mkdir()
        write_policy(tmp_path / f"..data_{number}", GOOD % (10100 + number))
    (tmp_path / "..data").symlink_to("..data_1")
    (tmp_path / "policy.yaml").symlink_to("..data/policy.yaml")
    kept = Kept(tmp_path)
    kept.reloader.load()
    (tmp_path / "..data_tmp").symlink_to("..data_2")
    os.replace(tmp_path / "..data_tmp", tmp_path / "..data")
    kept.look_twice()
    assert kept.code == 10102


def test_a_folder_that_is_itself_a_swapped_link_is_noticed(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        write_policy(tmp_path / str(number), GOOD % (10100 + number))
    (tmp_path / "policy").symlink_to("1")
    kept = Kept(tmp_path / "policy")
    kept.reloader.load()
    (tmp_path / "next").symlink_to("2")
    os.replace(tmp_path / "next", tmp_path / "policy")
    kept.look_twice()
    assert kept.code == 10102


def test_a_link_that_leads_back_up_ends(tmp_path: Path) -> None:
    write_policy(tmp_path, GOOD % 10101)
    (tmp_path / "loop").symlink_to(".")
    assert len(fingerprint(tmp_path)) < 20


def test_a_first_policy_that_is_broken_is_an_error(tmp_path: Path) -> None:
    kept = Kept(write_policy(tmp_path, "version: 3\n"))
    with pytest.raises(PolicyError):
        kept.reloader.load()
    assert kept.slot.loaded is None


@pytest.mark.parametrize("change", [lambda slot, policy: slot.use(policy, NOON), lambda slot, _: slot.keep("no", NOON)])
def test_whoever_has_read_the_slot_keeps_what_was_read(
    kept: Kept, tmp_path: Path, change: Callable[[PolicySlot, object], None]
) -> None:
    read = kept.slot.get()
    other = Kept(write_policy(tmp_path, GOOD % 10109))
    other.reloader.load()
    change(kept.slot, other.slot.get().policy)
    assert read.policy.default is not None
    assert read.policy.default.default.code == 10101


def test_a_file_that_cannot_end_is_no_reason_to_wait(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("casino\n")
    write_policy(tmp_path, "version: 1\nlists: {spam: {kind: words, file: words.txt}}\n")
    kept.look_twice()
    revision = kept.slot.get().policy.revision
    (tmp_path / "words.txt").unlink()
    os.mkfifo(tmp_path / "words.txt")
    kept.look_twice()
    assert kept.slot.failure is not None
    assert "words.txt: not a regular file" in kept.slot.failure.message
    assert kept.slot.get().policy.revision == revision


def test_a_document_whose_link_leads_nowhere_is_not_done_without(kept: Kept, tmp_path: Path) -> None:
    strict = tmp_path / ".strict"
    strict.write_text("version: 1\napps: [7]\ndefault: refuse\n")
    (tmp_path / "strict.yaml").symlink_to(strict.name)
    kept.look_twice()
    assert set(kept.slot.get().policy.by_app) == {7}
    strict.unlink()
    kept.look_twice()
    assert set(kept.slot.get().policy.by_app) == {7}
    assert kept.slot.failure is not None


def test_what_fails_in_one_look_keeps_no_other_from_being_taken() -> None:
    looks: list[str] = []

    class Looking:
        def __init__(self, name: str, error: Exception | None = None) -> None:
            self._name, self._error = name, error

        def look(self) -> None:
            looks.append(self._name)
            if self._error:
                raise self._error

        reload = look

    watch = Watch([Looking("bad", OSError("broken")), Looking("good")], 0.01)
    eventually(lambda: looks.count("good") >= 3 and looks.count("bad") >= 3, "further looks")
    watch.close()
