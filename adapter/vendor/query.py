"""The parameters that the vendor appends to the webhook's URL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from adapter.errors import Rejected
from adapter.event import Platform
from adapter.outcome import Reason

COMMAND = "Group.CallbackBeforeCreateTopic"
_COMMAND_NAME = "CallbackCommand"

# The vendor's other commands that are known to arrive; metrics name these and no others.
OTHER_COMMANDS = frozenset(
    {
        "Group.CallbackBeforeCreateGroup",
        "Group.CallbackAfterCreateTopic",
        "Group.CallbackAfterTopicInfoChanged",
        "Group.CallbackAfterTopicDestroyed",
    }
)

# The vendor's words for platforms, folded, with the spellings that stand elsewhere on its pages.
PLATFORMS: Mapping[str, Platform] = {
    "restapi": Platform.RESTAPI,
    "web": Platform.WEB,
    "android": Platform.ANDROID,
    "ios": Platform.IOS,
    "windows": Platform.WINDOWS,
    "macos": Platform.MACOS,
    "mac": Platform.MACOS,
    "ipad": Platform.IPAD,
    "unknown": Platform.UNKNOWN,
    "unkown": Platform.UNKNOWN,
}

# The vendor sends seven; the rest is room for what it may add, and a bound on work done for strangers.
_MAX_PARAMETERS = 64
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters as given. Empty: not given, but for the command, where that is None."""

    command: str | None
    app_id: str
    client_ip: str
    platform: str
    sign: str = ""
    request_time: str = ""


def read_query(raw: str) -> Query:
    """Return the parameters of a query string, raw as WSGI carries it: one character a byte.

    Raises Rejected for broken percent-encoding or UTF-8, for a name given twice in any letter case, and for a command
    under a name in another case than the vendor's: to others it would be a command, and here a check of the URL.
    """
    if _BAD_PERCENT.search(raw):
        raise Rejected(Reason.MALFORMED_QUERY)
    try:
        text = raw.encode("latin-1").decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise Rejected(Reason.MALFORMED_QUERY) from error
    names = {name.casefold() for name, _ in pairs}
    if len(names) < len(pairs):
        raise Rejected(Reason.DUPLICATE_PARAMETER)
    query = _query(dict(pairs))
    if query.command is None and _COMMAND_NAME.casefold() in names:
        raise Rejected(Reason.COMMAND_MISMATCH)
    return query


def _query(given: Mapping[str, str]) -> Query:
    return Query(
        command=given.get(_COMMAND_NAME),
        app_id=given.get("SdkAppid", ""),
        client_ip=given.get("ClientIP", ""),
        platform=given.get("OptPlatform", ""),
        sign=given.get("Sign", ""),
        request_time=given.get("RequestTime", ""),
    )


def write_query(query: Query) -> str:
    """Return the query string that the vendor would append, in its order of parameters."""
    given = {
        "SdkAppid": query.app_id,
        _COMMAND_NAME: query.command or "",
        "contenttype": "json",
        "ClientIP": query.client_ip,
        "OptPlatform": query.platform,
    }
    signature = {"Sign": query.sign, "RequestTime": query.request_time} if query.sign else {}
    return urlencode(given | signature)


def platform_of(word: str) -> Platform:
    """Return the platform that the vendor's word names; a word that is not known is no reason to refuse."""
    return PLATFORMS.get(word.casefold(), Platform.UNKNOWN) if word else Platform.UNSPECIFIED
