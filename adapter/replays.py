"""How often each signature is used: the vendor signs a second, not a webhook, so uses can be bounded, not barred."""

import threading
from collections import Counter
from collections.abc import Callable

from adapter.errors import Rejected
from adapter.outcome import Reason


class Replays:
    """Counts the webhooks that come with one signature, that is, with one app, token and second of `RequestTime`.

    All that the vendor sends within a second rightly carries the same signature, and whoever captures it can send
    more with it until it is stale. The count bounds how much more. It is that of one process.
    """

    def __init__(self, *, most: int, max_age: float, clock: Callable[[], float]) -> None:
        """`most` is how many webhooks one signature may bring, `max_age` after how many seconds it is stale."""
        self._most = most
        self._max_age = max_age
        self._clock = clock
        self._lock = threading.Lock()
        # By app, second and signature. Only signatures that were found true get here, and stale ones leave: at most
        # one for each app, token and second within twice the age.
        self._uses: Counter[tuple[int, int, str]] = Counter()

    def count(self, app_id: int, sign: str, request_time: str) -> None:
        """Count one use of a signature that was verified. Raises Rejected where it is one too many."""
        use = (app_id, int(request_time), sign)
        with self._lock:
            if use not in self._uses:
                self._forget_stale()
            self._uses[use] += 1
            if self._uses[use] > self._most:
                raise Rejected(Reason.OVERUSED_SIGNATURE)

    def __len__(self) -> int:
        """Return how many signatures are remembered."""
        return len(self._uses)

    def _forget_stale(self) -> None:
        oldest = self._clock() - self._max_age
        for use in [use for use in self._uses if use[1] < oldest]:
            del self._uses[use]
