"""What the process asks of the system and of Python before it serves."""

import resource
import sys
from typing import Final

# Connections at once, most of which wait to be read: that costs little, and how long a request has waited is only known
# once its connection is accepted. Answering them all takes a second on one core.
CONNECTIONS: Final = 4000

# Descriptors for everything else.
_OTHERS: Final = 200

# Seconds after which a busy thread lets others go on. The loop waits for its turn after every read and every write,
# and with Python's own five milliseconds it falls behind as soon as the threads have much to do.
_TURN: Final = 0.0005


def make_room() -> int:
    """Let the loop have its turn soon; return how many connections the process may have, as the system allows."""
    sys.setswitchinterval(_TURN)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHERS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(allowed - _OTHERS, allowed // 2)
