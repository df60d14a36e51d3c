"""The nightly run: every surface with many cases from a new seed, then the parser with inputs led by its code."""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Final

_CASES: Final = "100000"
_GUIDED: Final = [
    "-runs=2000000",
    "-max_total_time=300",
    "-max_len=4096",
    "-timeout=10",
    "-artifact_prefix=build/fuzz/",
]
_BOUND: Final = 1800  # seconds for one surface
_TARGET: Final = "build/atheris"


def main() -> int:
    """Run it; returns an exit code."""
    seed = os.environ.get("FUZZ_SEED") or str(secrets.randbelow(2**31))
    cases = os.environ.get("FUZZ_CASES") or _CASES
    print(f"FUZZ_SEED={seed} FUZZ_CASES={cases}: set both to repeat this run", flush=True)
    environment = {**os.environ, "FUZZ_SEED": seed, "FUZZ_CASES": cases}
    pytest = [sys.executable, "-m", "pytest", "-q", "tests/fuzz", "-o", f"timeout={_BOUND}"]
    failed = subprocess.run(pytest, env=environment).returncode
    return _guided(int(seed)) or failed


def _guided(seed: int) -> int:
    if not _install():
        print("there is no atheris for this machine; its part is left out")
        return 0
    with tempfile.TemporaryDirectory() as corpus:
        _write_examples(Path(corpus), Random(seed))
        command = [sys.executable, "tests/fuzz/guided.py", *_GUIDED, f"-seed={seed % 2**32}", corpus]
        path = os.pathsep.join([_TARGET, "tests/fuzz"])
        code = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}).returncode
    if code:
        print(f"repeat it with: PYTHONPATH={path} {sys.executable} tests/fuzz/guided.py and the file named above")
    return code


def _install() -> bool:
    # Not in requirements.lock: there are wheels for x86-64 alone.
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--only-binary", ":all:", "--target", _TARGET]
    return subprocess.run([*command, "--python", sys.executable, "atheris>=3.0"]).returncode == 0


def _write_examples(folder: Path, chance: Random) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from bodies import any_body
    from shapes import draft

    for number in range(300):
        query = b"&".join(draft(chance, 2).query)
        (folder / str(number)).write_bytes(query + b"\n\n" + any_body(chance)[:4000])


if __name__ == "__main__":
    sys.exit(main())
