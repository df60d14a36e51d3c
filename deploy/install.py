"""Puts packages of the project into this interpreter's environment, with bytecode: the last step of an image's build.

`python install.py FOLDER PROGRAM`: FOLDER holds the packages, PROGRAM is the module that the image runs. Wheels are for
both services at once; an image holds one.
"""

import compileall
import importlib
import py_compile
import shutil
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Final

# The image never changes, so nothing is gained by looking at each source again.
_UNCHECKED: Final = py_compile.PycInvalidationMode.UNCHECKED_HASH


def main(folder: str, program: str) -> None:
    """Install what `folder` holds and compile all that `program` imports."""
    site = Path(sysconfig.get_path("purelib"))
    shutil.copytree(folder, site, dirs_exist_ok=True)
    _name_it(site)
    compileall.compile_dir(site, quiet=2, invalidation_mode=_UNCHECKED, workers=1)
    importlib.import_module(program)
    _compile_standard_library(Path(sysconfig.get_path("stdlib")))


def _name_it(site: Path) -> None:
    """Write what `importlib.metadata.version` reads."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    metadata = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    text = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(text, "utf-8")


def _compile_standard_library(folder: Path) -> None:
    """Compile what is imported by now: slim images of Python have no bytecode, and a start would make it each time."""
    files = [str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())]
    for file in sorted(files):
        if file.startswith(f"{folder}/") and file.endswith(".py"):
            py_compile.compile(file, quiet=2, invalidation_mode=_UNCHECKED)


if __name__ == "__main__":
    main(*sys.argv[1:])
