"""The policy's folder goes; the disks of journal and limits are full."""

import os
import shlex
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from deployments import Deployment
from programs import path_of, skip_unless
from webhooks import counting


def test_a_policy_that_is_deleted_goes_on_deciding(deployment: Deployment) -> None:
    decider = deployment.decider()
    deployment.adapter()
    with deployment.under_load("policy folder deleted, restored") as case:
        shutil.rmtree(deployment.policy)
        case.until("policy not reloaded", decider)
        case.lasts(40)
        deployment.write_policy()
        case.lasts(40)
        case.mended()
    assert case.fallbacks == 0


class Disk:
    """A small disk that only one program sees."""

    def __init__(self, folder: Path) -> None:
        skip_unless(os.geteuid() == 0, "to mount a disk needs root")
        self.folder = folder / "disk"
        self.folder.mkdir()
        mount = f"mount -t tmpfs -o size=2m tmpfs {shlex.quote(str(self.folder))}"
        self.before = (path_of("unshare"), "-m", "sh", "-c", f'{mount} && exec "$0" "$@"')

    def fill(self, pid: int) -> None:
        """Leave no room on it."""
        with self._ballast(pid).open("wb", buffering=0) as ballast, suppress(OSError):
            while ballast.write(b"x" * 4096):
                pass

    def clear(self, pid: int) -> None:
        """Make room again."""
        self._ballast(pid).unlink()

    def _ballast(self, pid: int) -> Path:
        return Path(f"/proc/{pid}/root{self.folder}/ballast")


def test_a_full_disk_for_the_journal_changes_no_verdict(deployment: Deployment) -> None:
    disk = Disk(deployment.folder)
    decider = deployment.decider(before=disk.before, DECIDER_JOURNAL=str(disk.folder / "journal.jsonl"))
    deployment.adapter()
    with deployment.under_load("disk full for the journal") as case:
        disk.fill(decider.program.pid)
        case.until("journal cannot be written", decider)
        case.lasts(60)
        disk.clear(decider.program.pid)
        case.until("journal is written again", decider)
        case.mended()
    assert case.fallbacks == 0


@pytest.mark.parametrize(("trouble", "least", "most"), [("fail", 20, 1000), ("skip", 0, 0)])
def test_a_full_disk_for_limits_gives_what_the_rule_says(
    deployment: Deployment, trouble: str, least: int, most: int
) -> None:
    disk = Disk(deployment.folder)
    deployment.write_policy(counting(trouble))
    decider = deployment.decider(before=disk.before, DECIDER_LIMITS=f"sqlite:///{disk.folder / 'limits.db'}")
    deployment.adapter()
    with deployment.under_load(f"disk full for limits, on_store_failure {trouble}") as case:
        disk.fill(decider.program.pid)
        case.until("limits cannot be looked up", decider)
        case.lasts(60)
        disk.clear(decider.program.pid)
        case.mended()
    assert least <= case.fallbacks <= most
