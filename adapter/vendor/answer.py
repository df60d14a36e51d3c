"""The vendor's answer JSON, and which outcome gets which answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from adapter.outcome import Kind, Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor is told.

    Code 0 allows the topic; 1 refuses it; 10100..10200 refuse it and take code and message to the user.
    Source: the vendor's page "Before a Topic Is Created".
    """

    code: int
    message: str = ""


_ALLOW = Answer(0)
_REJECT = Answer(1, "The request could not be accepted.")
_UNAVAILABLE = Answer(1, "Topics cannot be created at the moment. Please try again later.")

# The answer to each kind of outcome. None: the verdict's own code and message.
ANSWERS: Mapping[Kind, Answer | None] = {
    Kind.ALLOWED: _ALLOW,
    Kind.REFUSED: None,
    Kind.OTHER_COMMAND: _ALLOW,
    Kind.URL_CHECK: _ALLOW,
    Kind.REJECTED: _REJECT,
    Kind.FALLBACK_ALLOWED: _ALLOW,
    Kind.FALLBACK_REFUSED: _UNAVAILABLE,
}


def answer_to(outcome: Outcome) -> Answer:
    """Return the answer that an outcome gets."""
    return ANSWERS[outcome.kind] or Answer(outcome.code, outcome.message)


def is_code(code: int) -> bool:
    """Return whether the vendor knows the code."""
    return code in (0, 1) or 10100 <= code <= 10200


# Most webhooks get one of very few answers, and encoding one takes as long as half of all checks.
@lru_cache(maxsize=256)
def write_answer(answer: Answer) -> bytes:
    """Return the body of the HTTP answer.

    `ActionStatus` is always OK: what FAIL does is on none of the vendor's pages.
    """
    fields = {"ActionStatus": "OK", "ErrorInfo": answer.message, "ErrorCode": answer.code}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def read_answer(raw: bytes) -> Answer:
    """Return the answer that the body of an HTTP answer carries.

    Raises ValueError for a body that the page does not describe; the vendor may count it as a failure.
    """
    try:
        fields = json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    match fields:
        case {"ActionStatus": "OK", "ErrorCode": code, "ErrorInfo": str(message)}:
            if type(code) is int and is_code(code):
                return Answer(code, message)
    raise ValueError("not an answer to this webhook")
