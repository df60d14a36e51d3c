"""What can keep the decider from starting, in words for its operator."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

from decider.settings import Settings

_PREFIX = "DECIDER_"


class StartError(Exception):
    """Something outside the policy keeps the decider from starting."""


def describe(error: ValidationError) -> str:
    """Every bad setting in one message, by the name of its variable. Values are not shown: some are secrets."""
    lines = []
    for detail in error.errors(include_input=False, include_url=False):
        name = _PREFIX + str(detail["loc"][0]).upper() if detail["loc"] else ""
        reason = "is required" if detail["type"] == "missing" else detail["msg"].removeprefix("Value error, ")
        lines.append(f"  {name}: {reason}" if name else f"  {reason}")
    return "bad settings:\n" + "\n".join(lines)


def misspelt(names: Iterable[str]) -> list[str]:
    """Warnings about variables that nearly are a setting."""
    known = [_PREFIX + field.upper() for field in Settings.model_fields]
    unknown = [name for name in names if name.startswith(_PREFIX) and name not in known]
    close = [(name, get_close_matches(name, known, n=1, cutoff=0.85)) for name in unknown]
    return [f"{name} is not a setting; did you mean {match[0]}?" for name, match in close if match]
