"""A user's wish to create a topic, as the webhook tells it and the decider is asked about it."""

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """The platform of the operator's client; the contract's `Platform` without its prefix."""

    UNSPECIFIED = "UNSPECIFIED"
    RESTAPI = "RESTAPI"
    WEB = "WEB"
    ANDROID = "ANDROID"
    IOS = "IOS"
    WINDOWS = "WINDOWS"
    MACOS = "MACOS"
    IPAD = "IPAD"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Event:
    """One user asks for one topic."""

    operator: str
    group_type: str
    name: str
    # As given; empty: not given.
    client_ip: str = ""
    platform: Platform = Platform.UNSPECIFIED
    # Milliseconds since 1970, by the vendor's clock.
    time_ms: int | None = None
