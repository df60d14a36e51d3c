"""Memory stays flat: the benchmark, with as few rounds as still tell a leak of 128 bytes a decision."""

import re
import subprocess
import sys

import pytest
from processes import ROOT

MOST = 3.0  # percent; 36,000 decisions at 128 bytes would be six


@pytest.mark.timeout(300)
def test_memory_stays_flat_over_decisions_and_reloads() -> None:
    command = [sys.executable, "benchmarks/memory.py", "--decisions", "40000", "--reloads", "30"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=True)
    growth = [float(each) for each in re.findall(r"resident memory ([+-][0-9.]+)%", done.stdout)]
    assert len(growth) == 2, done.stdout
    assert max(growth) < MOST, done.stdout
