"""Opens the tracing that the settings ask for."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from decider.settings import Export, Settings
from decider.tracing.span import Tracing

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class TracingError(Exception):
    """Tracing cannot be turned on as the settings say."""


def open_tracing(settings: Settings, environment: Mapping[str, str]) -> Tracing | None:
    """The tracing that the settings ask for; OpenTelemetry reads its own variables. Raises TracingError."""
    if settings.tracing is Export.OFF:
        return None
    if problems := _problems(environment):
        raise TracingError("\n  ".join(["bad settings:", *problems]))
    try:
        from decider.tracing.otel import OpenTelemetry
    except ModuleNotFoundError as error:
        raise TracingError(
            f"DECIDER_TRACING=otlp needs OpenTelemetry, and {error.name} is not installed; "
            'install it with: pip install "topic-gate[otel]"'
        ) from None
    try:
        return OpenTelemetry(settings.tracing_sample)
    except Exception as error:  # of several sorts, by what variable is bad
        raise TracingError(f"bad settings:\n  OTEL_...: {error}") from None


def _problems(environment: Mapping[str, str]) -> list[str]:
    protocols = [name for name in _PROTOCOLS if environment.get(name, "grpc") != "grpc"]
    endpoints = [name for name in _ENDPOINTS if name in environment and not _is_endpoint(environment[name])]
    return [
        *(f"{name}: must be grpc, for nothing else is spoken" for name in protocols),
        *(f"{name}: must be http:// or https:// with a host, and the port of OTLP over gRPC" for name in endpoints),
    ]


def _is_endpoint(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
