"""How the decider is reached is said in full, or it does not start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from decider.settings import Settings
from decider.startup import describe

CERT, KEY, CA = Path("server.crt"), Path("server.key"), Path("ca.crt")
TLS = {"tls_cert": CERT, "tls_key": KEY}


def problems(**given: object) -> str:
    try:
        Settings(policy=Path("policy"), **given)  # type: ignore[arg-type]
    except ValidationError as error:
        return describe(error)
    return ""


BAD: dict[str, tuple[dict[str, object], str]] = {
    "a certificate alone": ({"tls_cert": CERT}, "DECIDER_TLS_CERT and DECIDER_TLS_KEY: one is nothing"),
    "a key alone": ({"tls_key": KEY}, "DECIDER_TLS_CERT and DECIDER_TLS_KEY: one is nothing"),
    "a CA alone": ({"tls_client_ca": CA}, "DECIDER_TLS_CLIENT_CA needs DECIDER_TLS_CERT and DECIDER_TLS_KEY"),
    "a list of callers in plaintext": ({"callers": "a.example"}, "DECIDER_CALLERS needs DECIDER_TLS_CLIENT_CA"),
    "a list of callers without client certificates": (
        {**TLS, "callers": "a.example"},
        "DECIDER_CALLERS needs DECIDER_TLS_CLIENT_CA",
    ),
    "a pattern of callers": (
        {**TLS, "tls_client_ca": CA, "callers": "*.svc"},
        "DECIDER_CALLERS: there are no patterns",
    ),
    "another place for traces": ({"tracing": "jaeger"}, "DECIDER_TRACING: Input should be 'off' or 'otlp'"),
    "more than every call": ({"tracing_sample": "1.1"}, "DECIDER_TRACING_SAMPLE"),
    "a share that is no number": ({"tracing_sample": "nan"}, "DECIDER_TRACING_SAMPLE"),
    "more in traces than there is": ({"tracing_content": "operator,ip"}, "DECIDER_TRACING_CONTENT"),
    "another form of the log": ({"log_format": "xml"}, "DECIDER_LOG_FORMAT"),
    "plaintext everywhere": ({"plaintext": "allow"}, "DECIDER_PLAINTEXT"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_half_set_is_an_error(what: str) -> None:
    given, reason = BAD[what]
    assert reason in problems(**given)


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:1", "[::]:1", "10.1.2.3:1", "decider.svc:1", "[::ffff:127.0.0.1]:1", "*:1"]
)
def test_plaintext_beyond_loopback_has_to_be_asked_for(listen: str) -> None:
    assert f"DECIDER_LISTEN {listen} is not loopback: set DECIDER_TLS_CERT" in problems(listen=listen)
    assert problems(listen=listen, plaintext="anywhere") == ""
    assert problems(listen=listen, **TLS) == ""


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_plaintext_on_loopback_needs_no_word(listen: str) -> None:
    assert problems(listen=listen) == ""


def test_every_problem_of_the_transport_is_told_at_once() -> None:
    told = problems(listen="0.0.0.0:1", callers="a.example")
    assert [name in told for name in ("DECIDER_CALLERS needs", "DECIDER_LISTEN 0.0.0.0:1 is not")] == [True, True]


def test_callers_are_a_list_and_names_have_no_case() -> None:
    settings = Settings(policy=Path("policy"), **TLS, tls_client_ca=CA, callers="A.Example, spiffe://x/Y")  # type: ignore[arg-type]
    assert settings.callers == {"a.example", "spiffe://x/Y"}


@pytest.mark.parametrize("given", ["", "off", "OFF"])
def test_there_is_no_admin_port_unless_it_is_asked_for(given: str) -> None:
    assert Settings(policy=Path("policy"), admin_listen=given).admin_listen == ""
