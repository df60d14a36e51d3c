"""Programs of others that tests run for real: where they are, and what it means when they are not there."""

import os
import shutil

import pytest


def path_of(program: str) -> str:
    """Where a program is. Without it the test is skipped; in CI, where everything must be there, it fails."""
    found = shutil.which(program)
    if found:
        return found
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"{program} is not installed, and REQUIRE_ALL is set")
    pytest.skip(f"{program} is not installed")
