"""The adapter's settings, from the environment and from files of secrets."""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from adapter.address import Address, parse_address
from adapter.apps import Apps
from adapter.budget import FLOOR
from adapter.errors import BadInput
from adapter.log import Format

PREFIX: Final = "ADAPTER_"

# Read by others than the model below.
_OTHER_VARIABLES: Final = ("ADAPTER_SECRETS_DIR", "ADAPTER_SEND_TOKEN")

# Two names closer than this are one name and a slip; Kubernetes' own ADAPTER_SERVICE_HOST and the like are not.
_CLOSE: Final = 0.75

_GRPC_SCHEME = re.compile(r"(dns|ipv4|ipv6|unix|unix-abstract|vsock|xds):")
_PATH = re.compile(r"/|(/[A-Za-z0-9._~-]+)+")


# Where pydantic's own words are about Python and not about JSON.
_REASONS: Final = {
    "missing": "is required",
    "extra_forbidden": "holds a field that is not known; known are tokens and on_failure",
    "mapping_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "tuple_type": "must be a list",
}


def _address(value: Any) -> Any:
    return parse_address(value) if isinstance(value, str) else value


def _optional_address(value: Any) -> Any:
    return None if isinstance(value, str) and value.lower() == "off" else _address(value)


def _target(value: str) -> str:
    if _GRPC_SCHEME.match(value):
        return value
    # Said outright, because round robin needs a resolver that returns every address behind a name.
    return f"dns:///{parse_address(value)}"


def _path(value: str) -> str:
    if not _PATH.fullmatch(value):
        raise ValueError("must be / or a path such as /webhooks/im, without a slash at its end")
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Seconds = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Settings(BaseSettings):
    """One field for each variable: `budget` is ADAPTER_BUDGET. An empty variable counts as absent."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        enable_decoding=False,
        frozen=True,
        hide_input_in_errors=True,
    )

    # Required: whom the adapter answers for, and what it says when there is no verdict.
    apps: Apps

    # Only this machine by default: TLS ends at something in front, and this port trusts what arrives.
    listen: Annotated[Address, BeforeValidator(_address)] = Address("127.0.0.1", 8080)

    # The decider's own default.
    decider: Annotated[str, AfterValidator(_target)] = "dns:///127.0.0.1:50051"

    # None: the decider is asked in plaintext. With it, the decider has to have a certificate of this CA.
    decider_ca: Path | None = None

    # The adapter's own certificate, for a decider that asks for one.
    decider_cert: Path | None = None
    decider_key: Annotated[Path | None, Field(validate_default=True)] = None

    # Empty: the name in the target is the one in the decider's certificate, too.
    decider_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]*$")] = ""

    # Where the console's URL usually points.
    path: Annotated[str, AfterValidator(_path)] = "/"

    # The vendor waits 2 seconds; half a second is for the network between, TLS included.
    budget: Annotated[Seconds, Field(gt=0, lt=2)] = 1.5

    # Waking a thread and writing the answer take a few milliseconds; a busy machine takes more.
    reserve: Annotated[Seconds, Field(ge=0)] = 0.1

    # What the vendor's live-streaming pages use. A captured signature is good for as long.
    signature_max_age: Annotated[Seconds, Field(gt=0)] = 60

    # The vendor signs a second, and lets an app create 200 topics in it by its REST API; users create some, too, and
    # a webhook that is one too many is refused: five times as many.
    signature_uses: Annotated[int, Field(ge=1, le=1_000_000)] = 1000

    # A thread waits for a verdict of a few milliseconds, so 16 carry far more than the 200 calls a second that
    # the vendor allows an app; more would fight over Python's lock.
    threads: Annotated[int, Field(ge=1, le=512)] = 16

    # A load balancer goes on sending for a moment after SIGTERM, and a refused connection is an allowed topic.
    drain_pause: Annotated[Seconds, Field(ge=0, le=300)] = 1

    # More than twice the budget, less than the 30 seconds after which Kubernetes kills.
    drain: Annotated[Seconds, Field(ge=0)] = 5

    # Off: metrics tell of traffic, and belong on a port that the vendor cannot reach.
    admin_listen: Annotated[Address | None, BeforeValidator(_optional_address)] = None

    # No: one that can only answer on_failure does not take the place of one that has verdicts. What speaks for yes:
    # while no decider is to be had, all adapters are in the same state, and with none ready, nobody answers at all.
    ready_without_decider: bool = False

    # Off: OpenTelemetry is not even imported. Where to, and how, say OpenTelemetry's own OTEL_EXPORTER_OTLP_... .
    tracing: Annotated[Literal["off", "otlp"], BeforeValidator(_lower)] = "off"

    # Of the webhooks, the decider's part of them included.
    tracing_sample: Share = 1

    # The vendor must not choose what we record. A proxy of ours that drops what comes from outside may.
    tracing_parent: Annotated[Literal["ignore", "trust"], BeforeValidator(_lower)] = "ignore"

    # Allowed topics are logged at debug.
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "info"

    log_format: Annotated[Format, BeforeValidator(_lower)] = "auto"

    @field_validator("decider_key")
    @classmethod
    def _pair_up(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        if (key is None) != (info.data.get("decider_cert") is None):
            raise ValueError("is nothing without ADAPTER_DECIDER_CERT, nor that without this; set both or neither")
        return key

    @field_validator("decider_cert", "decider_name")
    @classmethod
    def _need_a_ca(cls, given: Path | str | None, info: ValidationInfo) -> Path | str | None:
        if given and not info.data.get("decider_ca"):
            raise ValueError("needs ADAPTER_DECIDER_CA: without it, the decider is asked in plaintext")
        return given

    @field_validator("reserve")
    @classmethod
    def _leave_time(cls, reserve: float, info: ValidationInfo) -> float:
        if reserve + FLOOR > info.data.get("budget", reserve + FLOOR):
            raise ValueError(f"must leave {FLOOR} s of ADAPTER_BUDGET or more for the decider")
        return reserve


def load_settings(secrets_dir: str | None = None) -> Settings:
    """Return the settings that the environment gives, and `secrets_dir` where the environment gives none.

    `secrets_dir` is a folder of files named as variables, for example adapter_apps. Raises BadInput.
    """
    if secrets_dir and not Path(secrets_dir).is_dir():
        raise BadInput([f"{PREFIX}SECRETS_DIR: there is no such folder"])
    try:
        return Settings(_secrets_dir=secrets_dir or None)
    except ValidationError as error:
        raise BadInput([_problem(item) for item in error.errors(include_input=False)]) from None
    except SettingsError as error:
        problems = _unreadable(secrets_dir) or [str(error)]
        raise BadInput([f"{PREFIX}SECRETS_DIR: {problem}" for problem in problems]) from error


def _unreadable(secrets_dir: str | None) -> list[str]:
    # Read once more, for pydantic-settings tells the field and neither the file nor the fault.
    names = {f"{PREFIX}{field}".lower() for field in Settings.model_fields}
    files = [path for path in sorted(Path(secrets_dir or "").iterdir()) if path.name.lower() in names]
    faults = {path: _fault(path) for path in files}
    return [f"{path} {fault}" for path, fault in faults.items() if fault]


def _fault(path: Path) -> str:
    try:
        path.read_text("utf-8")
    except UnicodeDecodeError:
        return "is not text in UTF-8"
    except OSError as error:
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return ""


def misspelt(names: Iterable[str]) -> Mapping[str, str]:
    """Return the names of variables that look like slips, each with the name that was probably meant."""
    known = [*(f"{PREFIX}{field.upper()}" for field in Settings.model_fields), *_OTHER_VARIABLES]
    strangers = {name for name in names if name.upper().startswith(PREFIX)} - set(known)
    guesses = {name: difflib.get_close_matches(_stem(name), map(_stem, known), 1, _CLOSE) for name in strangers}
    return {name: PREFIX + guess[0] for name, guess in sorted(guesses.items()) if guess and name.upper() not in known}


def _stem(variable: str) -> str:
    return variable.upper().removeprefix(PREFIX)


def _problem(item: Mapping[str, Any]) -> str:
    field, *inside = item["loc"]
    return ": ".join([f"{PREFIX}{str(field).upper()}", *_place(inside), _reason(item)])


def _place(inside: Iterable[str | int]) -> list[str]:
    # Only what cannot be a secret that slipped into the wrong place.
    shown = [str(part) for part in inside if str(part).isdigit() or part in ("tokens", "on_failure")]
    return [".".join(shown)] if shown else []


def _reason(item: Mapping[str, Any]) -> str:
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    return _REASONS.get(item["type"]) or re.sub(r"^\w+ should", "must", str(item["msg"]))
