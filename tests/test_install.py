"""What deploy/install.py makes of an environment; `make images-test` has it at work."""

import subprocess
import sys
from pathlib import Path

import pytest
from processes import ROOT, TIMEOUT

UNCHECKED = b"\x01\x00\x00\x00"  # a .pyc that says so is taken without a look at its source


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The interpreter of an empty environment in which a package has been installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "own")], timeout=TIMEOUT, check=True)
    package = tmp_path / "packages" / "greeting"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import zipapp\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "two-words"\nversion = "1.2.3"\n')
    python = tmp_path / "own" / "bin" / "python"
    environment = {"PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    command = [str(python), str(ROOT / "deploy" / "install.py"), "packages", "greeting.__main__"]
    subprocess.run(command, cwd=tmp_path, env=environment, timeout=TIMEOUT, check=True)
    return python


def test_the_packages_are_found_and_the_project_knows_its_version(python: Path, tmp_path: Path) -> None:
    say = "import greeting, importlib.metadata as m; print(m.version('two-words'))"
    done = subprocess.run([str(python), "-c", say], cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.stdout == "1.2.3\n"


@pytest.mark.parametrize("module", ["greeting/__main__", "zipapp"])
def test_what_the_program_imports_has_bytecode_that_needs_no_look_at_its_source(
    python: Path, tmp_path: Path, module: str
) -> None:
    (found,) = (tmp_path / "bytecode").rglob(f"{module}.*.pyc")
    assert found.read_bytes()[4:8] == UNCHECKED
