"""Programs of others that tests run for real: where they are, and what it means when they are not there."""

import os
import shutil
import sys
from pathlib import Path

import pytest


def path_of(program: str) -> str:
    """Where a program is; those of the development tools are beside the interpreter.

    Without it the test is skipped; in CI, where everything must be there, it fails.
    """
    found = shutil.which(program, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    skip_unless(found, f"{program} is not installed")
    return str(found)


def skip_unless(condition: object, reason: str) -> None:
    """Skip the test without what it needs; in CI, fail it."""
    if condition:
        return
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"{reason}, and REQUIRE_ALL is set")
    pytest.skip(reason)
