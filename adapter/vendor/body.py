"""The webhook's body."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from adapter.errors import Rejected
from adapter.event import Event
from adapter.outcome import Reason
from adapter.vendor.query import Query, platform_of

_DIGITS = re.compile(r"[0-9]{1,15}")
# The end of the year 9999, where the contract's timestamps end.
_LAST_TIME_MS = 253_402_300_799_999


def read_body(raw: bytes) -> Mapping[str, Any]:
    """Return the fields of a body, their types not yet checked.

    Raises Rejected for anything but one JSON object in UTF-8 whose names are text and unique in any letter case, and
    whose numbers are finite.
    """
    try:
        fields = json.loads(raw.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.UNREADABLE_BODY) from error
    if not isinstance(fields, dict):
        raise Rejected(Reason.UNREADABLE_BODY)
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of a name that stands twice may see two values: the one checked, the one created. Some readers tell
    # no case apart, some end a name at U+0000, some leave out what is no character.
    names = {name.casefold() for name, _ in pairs}
    if len(names) < len(pairs) or not all(map(_is_text, names)):
        raise ValueError("a name stands twice, or could be taken for another")
    return dict(pairs)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def has_command(body: Mapping[str, Any]) -> bool:
    """Return whether a body has a command, its name in any letter case."""
    return any(name.casefold() == "callbackcommand" for name in body)


def command_of(body: Mapping[str, Any]) -> str | None:
    """Return the body's command; None: it has none.

    Raises Rejected for a command that is not text.
    """
    return _text(body, "CallbackCommand") if "CallbackCommand" in body else None


def read_event(query: Query, body: Mapping[str, Any]) -> Event:
    """Return the event that a webhook tells; fields that are not known are left alone.

    Raises Rejected for a missing field, a wrong type, or text that is not Unicode or holds U+0000.
    """
    return Event(
        operator=_text(body, "Operator_Account"),
        group_type=_text(body, "Type"),
        name=_text(body, "Name"),
        client_ip=query.client_ip,
        platform=platform_of(query.platform),
        time_ms=_time_ms(body),
    )


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str):
        raise Rejected(Reason.WRONG_TYPE, field)
    if not _is_text(value):
        raise Rejected(Reason.BAD_TEXT, field)
    return value


def _is_text(text: str) -> bool:
    # JSON can escape one half of a surrogate pair; no encoding can carry it further.
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _time_ms(body: Mapping[str, Any]) -> int | None:
    if "EventTime" not in body:
        return None
    value = body["EventTime"]
    # The vendor's table says Integer, its sample shows a string.
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    # Not isinstance: to Python, true is an int.
    if type(value) is not int or not 0 <= value <= _LAST_TIME_MS:
        raise Rejected(Reason.WRONG_TYPE, "EventTime")
    return value


def write_body(*, command: str, operator: str, group_type: str, name: str) -> bytes:
    """Return the body that the vendor would post; escaped, so that any text can be sent."""
    fields = {"CallbackCommand": command, "Operator_Account": operator, "Type": group_type, "Name": name}
    return json.dumps(fields).encode()
