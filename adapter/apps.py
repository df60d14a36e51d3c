"""The apps that the adapter answers for."""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

_APP_ID = re.compile(r"[1-9][0-9]{0,18}")
_LAST_APP_ID: Final = 2**63 - 1


class OnFailure(StrEnum):
    """What an app's users get while there is no verdict."""

    ALLOW = "allow"
    REFUSE = "refuse"


def _token(value: SecretStr) -> SecretStr:
    if not 1 <= len(value) <= 128:
        raise ValueError("must have 1 to 128 characters")
    return value


class App(BaseModel):
    """One app of the vendor's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Those that a signature may be made with; several, so that one can be replaced without a gap. None:
    # the app's webhooks are not signed. Length: the vendor's webhook overview.
    tokens: tuple[Annotated[SecretStr, AfterValidator(_token)], ...] = ()
    # Without a default: the vendor's own would be allow, a cautious one refuse; the operator has to say.
    on_failure: OnFailure

    @property
    def secrets(self) -> list[str]:
        """The tokens in clear."""
        return [token.get_secret_value() for token in self.tokens]


def parse_app_id(text: str) -> int:
    """Return the app id (the vendor's SDKAppID) that a text is. Raises ValueError."""
    if not _APP_ID.fullmatch(text) or int(text) > _LAST_APP_ID:
        raise ValueError("must be an app id: a whole number from 1, without a sign or leading zeros")
    return int(text)


def _read_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        # Not the error itself: it carries the text, and that holds tokens.
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("has a name twice in one object")
    return dict(pairs)


def _not_empty(apps: Mapping[int, App]) -> Mapping[int, App]:
    if not apps:
        raise ValueError("names no app, so that every webhook would be refused")
    return apps


# Apps by their id, as a setting: a JSON object, or the same as Python values.
Apps = Annotated[
    Mapping[Annotated[int, BeforeValidator(lambda key: parse_app_id(str(key)))], App],
    BeforeValidator(_read_json),
    AfterValidator(_not_empty),
]
