"""Tracing is turned on by settings that are checked as all are, and each of OpenTelemetry's own that matters here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import adapter.settings
import adapter.tracing.open
import decider.settings
import decider.tracing.open
from adapter.errors import BadInput
from decider.tracing.open import TracingError

Open = Callable[[dict[str, str]], object]


def open_adapters(environment: dict[str, str]) -> object:
    settings = adapter.settings.Settings(apps=json.dumps({"1": {"on_failure": "allow"}}), tracing="otlp")
    return adapter.tracing.open.open_tracing(settings, environment)


def open_deciders(environment: dict[str, str]) -> object:
    settings = decider.settings.Settings(policy=Path("policy"), tracing="otlp")  # type: ignore[arg-type]
    return decider.tracing.open.open_tracing(settings, environment)


@pytest.mark.parametrize("opening", [open_adapters, open_deciders])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "unix:///run/collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:99999"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_named(opening: Open, name: str, value: str) -> None:
    with pytest.raises((BadInput, TracingError), match=f"{name}: must be"):
        opening({name: value})


@pytest.mark.parametrize("opening", [open_adapters, open_deciders])
def test_what_the_library_cannot_read_is_told(opening: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
    with pytest.raises((BadInput, TracingError), match=r"OTEL_\.\.\.: .*soon"):
        opening({})


def test_off_they_are_not_looked_at() -> None:
    settings = decider.settings.Settings(policy=Path("policy"))
    assert decider.tracing.open.open_tracing(settings, {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}) is None
