"""What the documents show is what is tested."""

import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT, TIMEOUT, Program, free_port
from snippets import DOCUMENTS, read, refresh


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_snippet_is_as_it_is_in_its_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert "<!-- tests/" in text
    assert refresh(text) == text, "run python tests/support/snippets.py"


def test_a_region_is_moved_to_the_left_and_one_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a\n  // docs: begin b\n\n  c {\n    d\n  }\n\n  // docs: end b\ne\n")
    assert read(file, "b") == "c {\n  d\n}\n"
    with pytest.raises(LookupError, match="no region x"):
        read(file, "x")


def test_the_shortest_caller_prints_the_verdict(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    policy = str(ROOT / "tests" / "polyglot" / "policy")
    settings = {"DECIDER_LISTEN": address, "DECIDER_POLICY": policy, "DECIDER_LIMITS": "memory://"}
    shortest = (ROOT / "tests" / "polyglot" / "python" / "shortest.py").read_text(encoding="utf-8")
    program = tmp_path / "shortest.py"
    program.write_text(shortest.replace("127.0.0.1:50051", address), encoding="utf-8")

    def said() -> str:
        command = [sys.executable, str(program)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=True).stdout

    assert said().startswith("could not decide: UNAVAILABLE ")
    decider = Program.module("decider", "serve", DECIDER_DRAIN_PAUSE="0", **settings).wait_for('"event": "serving"')
    try:
        assert said() == "VERDICT_ALLOW 0 \n"
    finally:
        decider.end()
