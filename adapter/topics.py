"""Topics to ask for, one by one or from a file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from adapter.errors import BadInput


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic that some user asks for, in the vendor's words."""

    name: str
    operator: str
    type: str
    platform: str
    client_ip: str


_FIELDS = frozenset(field.name for field in fields(Topic))


def read_topics(lines: Iterable[bytes], *, source: str, default: Topic) -> Sequence[Topic]:
    """Return the topics of a JSON Lines file: objects with a `name` and, optionally, Topic's other fields.

    What a line leaves out is as in `default`; blank lines are skipped. Raises BadInput for all bad lines
    together, each with `source` and its number.
    """
    topics, problems = [], []
    for number, line in enumerate(lines, 1):
        try:
            topics.extend([_topic(line, default)] if line.strip() else [])
        except ValueError as error:
            problems.append(f"{source}:{number}: {error}")
    if problems or not topics:
        raise BadInput(problems or [f"{source}: holds no topic"])
    return topics


def _topic(line: bytes, default: Topic) -> Topic:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON in UTF-8") from None
    if not isinstance(given, dict):
        raise ValueError("is not a JSON object")
    _check(given)
    topic = replace(default, **given)
    if not topic.operator:
        raise ValueError("has no operator, and --operator gives none")
    return topic


def _check(given: Mapping[str, Any]) -> None:
    if strangers := sorted(given.keys() - _FIELDS):
        raise ValueError(f"has fields that are not known: {', '.join(strangers)}")
    if "name" not in given:
        raise ValueError("has no name")
    if wrong := [name for name, value in given.items() if not isinstance(value, str)]:
        raise ValueError(f"{', '.join(wrong)} must be text")
