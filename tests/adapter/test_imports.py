"""The adapter's image holds the contract and nothing else of the decider."""

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import adapter

ROOT = Path(adapter.__file__).parent
FORBIDDEN = {"cel_expr_python", "ruamel", "disarm", "ahocorasick_rs"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_the_contract_of_the_decider(path):
    names = [name for name in imported(path) if name.split(".")[0] == "decider"]
    assert [name for name in names if not name.startswith("decider.v1.")] == []


def test_importing_every_module_loads_only_the_contract_of_the_decider():
    modules = [module.name for module in pkgutil.walk_packages(adapter.__path__, "adapter.")]
    assert "adapter.vendor.body" in modules
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps([*sys.modules]))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    deciders = {name for name in loaded if name == "decider" or name.startswith("decider.")}
    assert {name for name in deciders if not name.startswith("decider.v1")} == {"decider"}
    assert {name.split(".")[0] for name in loaded} & FORBIDDEN == set()
