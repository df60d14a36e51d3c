"""Who may know whom: read off the import statements."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def modules(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py")) if path.parent.name != "v1"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


ALL = [*modules("adapter"), *modules("decider")]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def begins(name: str, *prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize("path", modules("adapter"), ids=name_of)
def test_the_adapter_knows_the_contract_and_nothing_else_of_the_decider(path: Path) -> None:
    assert {name for name in imports(path) if begins(name, "decider") and not begins(name, "decider.v1")} == set()


@pytest.mark.parametrize("path", modules("decider"), ids=name_of)
def test_the_decider_does_not_know_the_adapter(path: Path) -> None:
    assert {name for name in imports(path) if begins(name, "adapter", "falcon", "waitress")} == set()


@pytest.mark.parametrize("path", modules("decider/policy"), ids=name_of)
def test_the_engine_knows_no_server_no_environment_and_no_clock(path: Path) -> None:
    own = ("decider.policy", "decider.undecided", "decider.v1")
    others = {name for name in imports(path) if begins(name, "decider") and not begins(name, *own)}
    forbidden = {name for name in imports(path) if begins(name, "grpc", "os", "time", "decider.v1.decider_pb2_grpc")}
    assert others | forbidden == set()
    assert "datetime.now" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", modules("decider/limits"), ids=name_of)
def test_the_stores_know_no_rule_and_no_request(path: Path) -> None:
    own = ("decider.limits", "decider.policy.limit", "decider.address")
    others = {name for name in imports(path) if begins(name, "decider") and not begins(name, *own)}
    assert others | {name for name in imports(path) if begins(name, "grpc", "os.environ")} == set()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_opentelemetry_is_known_in_one_place_of_each_and_that_is_loaded_only_where_it_is_on(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_once = {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert not any(begins(name, "adapter.tracing.otel", "decider.tracing.otel") for name in at_once)
    if path.name != "otel.py":
        assert {name for name in imports(path) if begins(name, "opentelemetry")} == set()


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_only_the_command_lines_read_the_environment(path: Path) -> None:
    if path.name not in ("__main__.py", "timezones.py"):
        assert not re.search(r"os\.environ|getenv|from os import", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_module_opens_with_a_sentence(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


def test_what_both_services_need_alike_is_the_same_in_both() -> None:
    # The adapter may import nothing of the decider but its contract.
    assert (ROOT / "adapter" / "expiry.py").read_text() == (ROOT / "decider" / "expiry.py").read_text()
