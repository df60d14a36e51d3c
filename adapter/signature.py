"""The vendor's webhook signature: made, and checked for truth and age."""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from adapter.errors import Rejected
from adapter.outcome import Reason

_UNIX_SECONDS = re.compile(r"[0-9]{1,12}")


def sign(token: str, request_time: str) -> str:
    """Return the vendor's `Sign` for a token and a `RequestTime`: lower-case hex of SHA-256 over both.

    Source: the vendor's webhook overview, "webhook authentication".
    """
    return hashlib.sha256((token + request_time).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Signatures:
    """Checks signatures against the time that `clock` tells, in Unix seconds."""

    # Seconds that `RequestTime` may differ from now, either way. The signature covers neither the body
    # nor the rest of the URL, so a captured one is good for anything until it is stale.
    max_age: float
    clock: Callable[[], float]

    def verify(self, tokens: Collection[str], given: str, request_time: str) -> bool:
        """Return whether the webhook is signed: False for an app without tokens, whatever it carries.

        Raises Rejected for a signature that is missing, not made with any of the tokens, or stale.
        """
        if not tokens:
            return False
        if not given or not request_time:
            raise Rejected(Reason.MISSING_SIGNATURE)
        if not _UNIX_SECONDS.fullmatch(request_time) or not _matches_any(tokens, given, request_time):
            raise Rejected(Reason.WRONG_SIGNATURE)
        if abs(self.clock() - int(request_time)) > self.max_age:
            raise Rejected(Reason.STALE_SIGNATURE)
        return True


def _matches_any(tokens: Collection[str], given: str, request_time: str) -> bool:
    # A list, not a generator: every token is compared, so that time does not tell which one matched.
    return any([hmac.compare_digest(sign(token, request_time).encode(), given.encode()) for token in tokens])
