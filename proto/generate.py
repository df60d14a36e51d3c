"""Generates what is checked in of the contract and the models: the stubs in decider/v1, the schemas in decider/schemas.

With `--check` it changes nothing, and ends with exit code 1 where what is checked in is not what it generates.
"""

import os
import subprocess
import sys
from filecmp import cmp
from pathlib import Path
from shutil import rmtree

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SCRATCH = ROOT / "build" / "generated"
MESSAGES = ("--python_out={0}", "--mypy_out=quiet:{0}")
SERVICE = ("--grpc_python_out={0}", "--mypy_grpc_out=quiet:{0}")


def stubs(folder: Path) -> None:
    """Write the stubs below a folder."""
    protos = sorted((ROOT / "proto/decider/v1").glob("*.proto"))
    protoc = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}"]
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    for outputs, files in ((MESSAGES, protos), (SERVICE, [ROOT / "proto/decider/v1/decider.proto"])):
        subprocess.run([*protoc, *(output.format(folder) for output in outputs), *files], env=environment, check=True)


def schemas(folder: Path) -> None:
    """Write the JSON Schemas below a folder."""
    for name in ("policy", "test"):
        schema = subprocess.run([BIN / "decider", "schema", name], stdout=subprocess.PIPE, check=True).stdout
        (folder / f"decider/schemas/{name}.schema.json").write_bytes(schema)


def main(arguments: list[str]) -> None:
    """Generate, into the repository or, to compare, beside it."""
    folder = SCRATCH if arguments == ["--check"] else ROOT
    if folder is SCRATCH:
        rmtree(SCRATCH, ignore_errors=True)
        (SCRATCH / "decider/schemas").mkdir(parents=True)
    stubs(folder)
    schemas(folder)
    made = [path.relative_to(SCRATCH) for path in sorted(SCRATCH.rglob("*")) if path.is_file()]
    old = [str(path) for path in made if not (ROOT / path).exists() or not cmp(SCRATCH / path, ROOT / path, False)]
    if folder is SCRATCH and old:
        sys.exit(f"not as generated, run make generate: {', '.join(old)}")


if __name__ == "__main__":
    main(sys.argv[1:])
