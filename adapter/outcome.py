"""What became of one webhook, in the adapter's own terms."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of end that a webhook can come to; each has one row in the table of answers."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    OTHER_COMMAND = "other_command"
    URL_CHECK = "url_check"
    REJECTED = "rejected"
    FALLBACK_ALLOWED = "fallback_allowed"
    FALLBACK_REFUSED = "fallback_refused"


class Reason(StrEnum):
    """Why a webhook cannot be trusted."""

    MALFORMED_HTTP = "malformed_http"
    INCOMPLETE_HTTP = "incomplete_http"
    TOO_LARGE = "too_large"
    MALFORMED_QUERY = "malformed_query"
    DUPLICATE_PARAMETER = "duplicate_parameter"
    UNKNOWN_APP = "unknown_app"
    MISSING_SIGNATURE = "missing_signature"
    WRONG_SIGNATURE = "wrong_signature"
    STALE_SIGNATURE = "stale_signature"
    OVERUSED_SIGNATURE = "overused_signature"
    COMMAND_MISMATCH = "command_mismatch"
    UNREADABLE_BODY = "unreadable_body"
    WRONG_TYPE = "wrong_type"
    BAD_TEXT = "bad_text"
    INVALID_ARGUMENT = "invalid_argument"


class Cause(StrEnum):
    """Why there is no verdict."""

    OVERLOAD = "overload"
    SLOW_ARRIVAL = "slow_arrival"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too_slow"
    SHEDDING = "shedding"
    INTERNAL = "internal"
    UNAUTHENTICATED = "unauthenticated"
    PERMISSION_DENIED = "permission_denied"
    UNEXPECTED_STATUS = "unexpected_status"
    BAD_ANSWER = "bad_answer"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end that one webhook came to."""

    kind: Kind
    # A Reason, a Cause or a vendor's command, by kind; one of few values, so that metrics can carry it.
    reason: str = ""
    # The refusing verdict's own code and message; zero and empty for every other kind.
    code: int = 0
    message: str = ""
    rule_id: str = ""
    decision_id: str = ""
    # For whoever reads the log; never for the vendor.
    detail: str = ""
