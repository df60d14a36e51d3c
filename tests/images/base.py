"""The base of the images where no registry of images can be reached: Debian's own Python, as slim as python:slim."""

import hashlib
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from programs import path_of
from storage import Storage

# Also what a slim image of Python goes without. Its standard library has no bytecode either.
_WITHOUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")
_PACKAGES = "ca-certificates,python3-venv"
_SUITE = "bookworm"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
_INDEX = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WITHIN = 600.0  # seconds


def ensure_base(storage: Storage, folder: Path, name: str) -> None:
    """Have an image `name` in the store, made by debootstrap unless it is there already."""
    recipe = hashlib.sha256("\n".join([Path(__file__).read_text(), _pip_settings(), _authorities()]).encode())
    label = f"{name}-{recipe.hexdigest()[:16]}"
    if not storage.has(label):
        with tempfile.TemporaryDirectory(dir=folder) as root:
            _bootstrap(Path(root))
            _commit(storage, root, label)
    storage("tag", label, name)


def _bootstrap(root: Path) -> None:
    # In a mount namespace of its own: what it mounts is gone with it, whatever happens.
    private = (path_of("unshare"), "--mount", "--propagation=private")
    command = (path_of("debootstrap"), "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(root))
    done = subprocess.run(
        [*private, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_WITHIN
    )
    assert done.returncode == 0, f"debootstrap: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    for unwanted in (*(root / path for path in _WITHOUT), *root.rglob("__pycache__")):
        shutil.rmtree(unwanted)
    (root / "etc/pip.conf").write_text(_pip_settings())
    (root / _BUNDLE.lstrip("/")).write_text(_authorities())


def _commit(storage: Storage, root: str, name: str) -> None:
    container = storage("from", "scratch")
    storage("add", "--quiet", container, root, "/")
    storage("config", f"--env=PATH={_PATH}", container)
    storage("commit", "--quiet", "--rm", container, name)


def _pip_settings() -> str:
    """Where this machine's pip finds packages, for the pip inside; folders of this machine are not there."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    pairs = [line.split("=", 1) for line in listed.splitlines()]
    settings = {name.rpartition(".")[2]: value.strip("'") for name, value in pairs}
    lines = [f"{name} = {settings[name]}" for name in _INDEX if name in settings]
    return "\n".join(["[global]", f"cert = {_BUNDLE}", *lines, ""])


def _authorities() -> str:
    """The certificates that this machine trusts."""
    found = ssl.get_default_verify_paths().cafile or _BUNDLE
    return Path(found).read_text()
