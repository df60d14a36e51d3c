"""What the adapter raises.

AdapterError
├── BadInput   what the operator gave cannot be used, so nothing is begun
├── Rejected   a webhook cannot be trusted, so it is refused
└── Undecided  there is no verdict on a webhook, so the app's `on_failure` applies
"""

from collections.abc import Sequence

from adapter.outcome import Cause, Reason


class AdapterError(Exception):
    """The base of all of them."""


class BadInput(AdapterError):
    """Settings or a file that cannot be used."""

    def __init__(self, problems: Sequence[str]) -> None:
        """`problems`: all of them, a line each, the name of the variable or file and line first."""
        super().__init__("\n".join(problems))
        self.problems = problems


class Rejected(AdapterError):
    """A webhook that cannot be trusted."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """`detail` is for the log."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Undecided(AdapterError):
    """A webhook without a verdict."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        """`detail` is for the log."""
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = detail
