"""Time zones for conditions: the tables of the `tzdata` package, so that every decider knows the same ones."""

import os
from importlib.resources import files


def use_packaged_tables() -> None:
    """Let the CEL runtime read time zones from the package, unless TZDIR is set, before a condition needs one."""
    os.environ.setdefault("TZDIR", str(files("tzdata") / "zoneinfo"))
