"""Cargo's lock, kept without the address of the registry that Cargo writes into it.

After `cargo update` in build/polyglot/rust, `python tests/polyglot/cargo_lock.py` keeps what it chose.
"""

import json
import subprocess
from pathlib import Path

KEPT = "locked.toml"


def restore_lock(folder: Path) -> None:
    """Write Cargo.lock as Cargo wants it: every package that has a checksum is of the registry that Cargo knows."""
    known = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version=1"], cwd=folder, capture_output=True, check=True
    )
    source = json.loads(known.stdout)["packages"][0]["dependencies"][0]["source"]
    kept = (folder / KEPT).read_text(encoding="utf-8")
    lines = (f'source = "{source}"\n{line}' if line.startswith("checksum = ") else line for line in kept.splitlines())
    (folder / "Cargo.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")


def keep_lock(folder: Path) -> None:
    """Keep what Cargo chose where it was built."""
    built = Path(__file__).parents[2] / "build" / "polyglot" / "rust" / "Cargo.lock"
    lines = built.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("source = ")]
    (folder / KEPT).write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep_lock(Path(__file__).parent / "rust")
