"""The adapter's image holds the contract and nothing else of the decider."""

import json
import pkgutil
import subprocess
import sys

import adapter

FORBIDDEN = {"cel_expr_python", "ruamel", "disarm", "fontTools", "ahocorasick_rs"}


def test_importing_every_module_loads_only_the_contract_of_the_decider():
    modules = [module.name for module in pkgutil.walk_packages(adapter.__path__, "adapter.")]
    assert "adapter.vendor.body" in modules
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps([*sys.modules]))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    deciders = {name for name in loaded if name == "decider" or name.startswith("decider.")}
    assert {name for name in deciders if not name.startswith("decider.v1")} == {"decider"}
    assert {name.split(".")[0] for name in loaded} & FORBIDDEN == set()
