"""The decider's settings: environment variables `DECIDER_…`, or files named like them in a folder of secrets."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from decider.address import is_loopback, split_address
from decider.journal.mask import Maskable
from decider.journal.writer import WhenFull
from decider.limits.url import parse_url
from decider.log import Format
from decider.tracing.span import Content


def _address(text: str) -> str:
    split_address(text)
    return text


def _optional_address(text: str) -> str:
    return _address(text) if text and text.lower() != "off" else ""


def _store(url: str) -> str:
    parse_url(url)
    return url


def _off(text: str) -> str:
    return "off" if text.lower() == "off" else text


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _identities(names: frozenset[str]) -> frozenset[str]:
    if patterns := sorted(name for name in names if "*" in name):
        raise ValueError(f"there are no patterns, each caller is named in full: {', '.join(patterns)}")
    return frozenset(name if ":" in name else name.lower() for name in names)


class Plaintext(StrEnum):
    """Where the decider may serve without TLS."""

    LOOPBACK = "loopback"
    ANYWHERE = "anywhere"


class Export(StrEnum):
    """Where traces go."""

    OFF = "off"
    OTLP = "otlp"


class Settings(BaseSettings):
    """Every setting of the decider, with its default and why."""

    model_config = SettingsConfigDict(
        env_prefix="DECIDER_", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # Loopback: plaintext must not leave the machine unless somebody says so.
    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:50051"
    # Without them: plaintext. Files, so that they can be renewed while the decider serves.
    tls_cert: Path | None = None
    tls_key: Path | None = None
    # None: no client certificates are asked for.
    tls_client_ca: Path | None = None
    # Empty: every caller whom the handshake lets in.
    callers: Annotated[frozenset[str], NoDecode, BeforeValidator(_split), AfterValidator(_identities)] = frozenset()
    # Verdicts and names in the clear on a network are a choice to be made aloud.
    plaintext: Plaintext = Plaintext.LOOPBACK
    # Seconds; often enough for new replicas to get their share within minutes, seldom enough to cost nothing.
    connection_age: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    # No default: a decider without a policy is a mistake.
    policy: Path
    # None: a candidate decides nothing, but costs as much time as the policy in use.
    candidate: Path | None = None
    # Seconds between looks at the policy's files; 0: only SIGHUP reloads.
    reload_interval: Annotated[float, Field(ge=0, le=3600)] = 1.0
    # Durable, and in need of nothing else; `redis://…` where deciders of many machines share limits.
    limits: Annotated[str, AfterValidator(_store)] = "sqlite:///decider-limits.db"
    # Seconds; a store that is well takes a few milliseconds, and the decision must still be in time without it.
    limits_timeout: Annotated[float, Field(gt=0, le=1)] = 0.25
    # Off: the journal holds user ids and addresses, so keeping them is a choice.
    journal: Annotated[str, AfterValidator(_off)] = "off"
    # A few megabytes; half a minute of 300 decisions a second.
    journal_queue: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    # A journal must not slow decisions down unless somebody prefers that to a gap.
    journal_full: WhenFull = WhenFull.DROP
    # With `wait`: well inside the vendor's two seconds.
    journal_wait: Annotated[float, Field(ge=0, le=1)] = 0.25
    # Some 200,000 decisions a file, a gigabyte in all.
    journal_rotate_bytes: Annotated[int, Field(ge=0)] = 100_000_000
    journal_keep: Annotated[int, Field(ge=0, le=1000)] = 10
    # Nothing masked: a journal that is on is there to find people's topics again.
    journal_mask: Annotated[frozenset[Maskable], NoDecode, BeforeValidator(_split)] = frozenset()
    journal_mask_key: SecretStr = SecretStr("")
    # Python decides on one core; more threads only keep waiting calls from holding others up.
    threads: Annotated[int, Field(ge=1, le=1000)] = 8
    # Beyond this calls are shed at once (RESOURCE_EXHAUSTED) instead of answered too late.
    max_calls: Annotated[int, Field(ge=1, le=100_000)] = 500
    # Long enough for health-checking callers to turn elsewhere before calls are cut.
    drain_pause: Annotated[float, Field(ge=0, le=300)] = 1.0
    # The vendor waits two seconds, so no call that matters runs longer.
    drain_grace: Annotated[float, Field(ge=0, le=300)] = 5.0
    # Off: metrics are for the inside, on a port of their own.
    admin_listen: Annotated[str, AfterValidator(_optional_address)] = ""
    # Off: OpenTelemetry is not even imported. Where to, and how, say OpenTelemetry's own OTEL_EXPORTER_OTLP_... .
    tracing: Export = Export.OFF
    # Of the calls whose caller brings no trace; one that does has chosen for us, too.
    tracing_sample: Annotated[float, Field(ge=0, le=1)] = 1.0
    # Nothing: names and user ids are personal, and traces are read by many.
    tracing_content: Annotated[frozenset[Content], NoDecode, BeforeValidator(_split)] = frozenset()
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    log_format: Format = Format.AUTO

    @model_validator(mode="after")
    def _say_who_is_trusted(self) -> Self:
        if problems := transport_problems(self):
            raise ValueError("\n  ".join(problems))
        return self

    @model_validator(mode="after")
    def _mask_needs_a_key(self) -> Self:
        if self.journal_mask and len(self.journal_mask_key.get_secret_value()) < 16:
            raise ValueError("DECIDER_JOURNAL_MASK needs a DECIDER_JOURNAL_MASK_KEY of at least 16 characters")
        return self


def transport_problems(settings: Settings) -> list[str]:
    """What is half set, or would serve in plaintext where nobody asked for it."""
    problems = []
    if (settings.tls_cert is None) != (settings.tls_key is None):
        problems.append("DECIDER_TLS_CERT and DECIDER_TLS_KEY: one is nothing without the other; set both or neither")
    elif settings.tls_client_ca and not settings.tls_cert:
        problems.append("DECIDER_TLS_CLIENT_CA needs DECIDER_TLS_CERT and DECIDER_TLS_KEY")
    if settings.callers and not settings.tls_client_ca:
        problems.append("DECIDER_CALLERS needs DECIDER_TLS_CLIENT_CA: only a client certificate says who calls")
    secure = settings.tls_cert or settings.tls_key or settings.plaintext is Plaintext.ANYWHERE
    if not secure and not is_loopback(settings.listen):
        problems.append(
            f"DECIDER_LISTEN {settings.listen} is not loopback: set DECIDER_TLS_CERT and DECIDER_TLS_KEY, "
            "or DECIDER_PLAINTEXT=anywhere where the network between is trusted"
        )
    return problems
