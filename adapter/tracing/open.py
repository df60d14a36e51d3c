"""Opens the tracing that the settings ask for."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from adapter.errors import BadInput
from adapter.settings import Settings
from adapter.tracing.span import NoTracing, Tracing

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_NOT_INSTALLED: Final = (
    "ADAPTER_TRACING: otlp needs OpenTelemetry, and {} is not installed; install it with: "
    'pip install "topic-gate[otel]"'
)


def open_tracing(settings: Settings, environment: Mapping[str, str]) -> Tracing:
    """Return the tracing that the settings ask for; OpenTelemetry reads its own variables. Raises BadInput."""
    if settings.tracing == "off":
        return NoTracing()
    if problems := _problems(environment):
        raise BadInput(problems)
    try:
        from adapter.tracing.otel import OpenTelemetry
    except ModuleNotFoundError as error:
        raise BadInput([_NOT_INSTALLED.format(error.name)]) from None
    try:
        return OpenTelemetry(settings.tracing_sample, trusting=settings.tracing_parent == "trust")
    except Exception as error:  # of several sorts, by what variable is bad
        raise BadInput([f"OTEL_...: {error}"]) from None


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
