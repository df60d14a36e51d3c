"""Settings: what is taken, and how what is not is told."""

import os

import pytest

from adapter.address import Address
from adapter.apps import OnFailure
from adapter.errors import BadInput
from adapter.settings import load_settings, misspelt

APPS = '{"1400000000": {"tokens": ["a-secret"], "on_failure": "allow"}}'


@pytest.fixture
def given(monkeypatch):
    def give(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"ADAPTER_{name.upper()}", value)

    return give


def problems(secrets_dir=None):
    with pytest.raises(BadInput) as caught:
        load_settings(secrets_dir)
    return list(caught.value.problems)


def test_apps_alone_are_enough(given):
    given(apps=APPS)
    settings = load_settings()
    assert settings.apps[1400000000].secrets == ["a-secret"]
    assert settings.apps[1400000000].on_failure is OnFailure.ALLOW
    assert (settings.listen, settings.admin_listen) == (Address("127.0.0.1", 8080), None)
    assert settings.decider == "dns:///127.0.0.1:50051"
    assert (settings.budget, settings.reserve, settings.signature_max_age) == (1.5, 0.1, 60)
    assert (settings.path, settings.threads, settings.log_level) == ("/", 16, "info")
    assert (settings.drain_pause, settings.drain) == (1, 5)


def test_every_setting_is_read(given):
    given(apps=APPS, listen="[::1]:9", admin_listen="0.0.0.0:1", path="/a/b", budget="1", reserve="0.5")
    given(tracing="OTLP", tracing_sample="0.25", tracing_parent="trust", log_format="text")
    given(signature_max_age="5", threads="2", drain="0", drain_pause="0", log_level="DEBUG", decider="d.example:1")
    settings = load_settings()
    assert (settings.listen, settings.admin_listen) == (Address("::1", 9), Address("0.0.0.0", 1))
    assert (settings.path, settings.budget, settings.reserve) == ("/a/b", 1, 0.5)
    assert (settings.signature_max_age, settings.threads) == (5, 2)
    assert (settings.drain_pause, settings.drain) == (0, 0)
    assert (settings.log_level, settings.decider) == ("debug", "dns:///d.example:1")
    assert (settings.tracing, settings.tracing_sample, settings.tracing_parent) == ("otlp", 0.25, "trust")
    assert settings.log_format == "text"


@pytest.mark.parametrize(
    ("valuetarget", "target"),
    [
        ("[::1]:50051", "dns:///[::1]:50051"),
        ("decider:50051", "dns:///decider:50051"),
        ("dns:///decider:50051", "dns:///decider:50051"),
        ("unix:/run/decider.sock", "unix:/run/decider.sock"),
        ("ipv4:10.0.0.1:1,10.0.0.2:1", "ipv4:10.0.0.1:1,10.0.0.2:1"),
    ],
)
def test_a_plain_target_is_looked_up_by_dns(given, valuetarget, target):
    given(apps=APPS, decider=valuetarget)
    assert load_settings().decider == target


def test_tls_towards_the_decider_is_set_in_full_or_not_at_all(given, monkeypatch):
    for variables, problem in (
        ({"decider_cert": "c"}, "ADAPTER_DECIDER_CERT: needs ADAPTER_DECIDER_CA"),
        ({"decider_name": "d"}, "ADAPTER_DECIDER_NAME: needs ADAPTER_DECIDER_CA"),
        ({"decider_ca": "a", "decider_cert": "c"}, "ADAPTER_DECIDER_KEY: is nothing without ADAPTER_DECIDER_CERT"),
        ({"decider_ca": "a", "decider_key": "k"}, "ADAPTER_DECIDER_KEY: is nothing without ADAPTER_DECIDER_CERT"),
        ({"decider_ca": "a", "decider_name": "a b"}, "ADAPTER_DECIDER_NAME"),
    ):
        with monkeypatch.context():
            given(apps=APPS, **variables)
            assert problem in "\n".join(problems())
        for name in variables:
            monkeypatch.delenv(f"ADAPTER_{name.upper()}")


def test_an_empty_variable_counts_as_absent(given):
    given(apps=APPS, path="", budget="", admin_listen="")
    assert (load_settings().path, load_settings().budget) == ("/", 1.5)


@pytest.mark.parametrize("value", ["", "off", "OFF"])
def test_there_is_no_admin_port_unless_it_is_asked_for(given, value):
    given(apps=APPS, admin_listen=value)
    assert load_settings().admin_listen is None


def test_all_that_is_wrong_is_told_at_once_and_no_secret(given):
    given(
        apps='{"6": {"a-secret": 1}, "5": {"tokens": ["a-secret", ""], "on_failure": "x"}, "a-secret": {}, "7": 1}',
        listen="nowhere",
        decider="nowhere",
        path="hook/",
        budget="2",
        reserve="nan",
        signature_max_age="0",
        threads="many",
        drain="-1",
        drain_pause="301",
        admin_listen="1:99999",
        log_level="loud",
        log_format="xml",
        tracing="jaeger",
        tracing_sample="1.01",
        tracing_parent="maybe",
    )
    found = problems()
    bad = ["LISTEN", "DECIDER", "PATH", "BUDGET", "RESERVE", "SIGNATURE_MAX_AGE", "THREADS", "DRAIN", "DRAIN_PAUSE"]
    bad += ["ADMIN_LISTEN", "LOG_LEVEL", "LOG_FORMAT", "APPS", "TRACING", "TRACING_SAMPLE", "TRACING_PARENT"]
    assert {line.split(":")[0] for line in found} == {f"ADAPTER_{name}" for name in bad}
    assert "ADAPTER_APPS: 5.tokens.1: must have 1 to 128 characters" in found
    assert "ADAPTER_APPS: 5.on_failure: must be 'allow' or 'refuse'" in found
    assert "ADAPTER_APPS: 7: must be a JSON object" in found
    assert "ADAPTER_BUDGET: must be less than 2" in found
    assert "a-secret" not in "\n".join(found)


@pytest.mark.parametrize(
    ("apps", "problem"),
    [
        ("{a-secret", "is not JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[" * 100_000, "is nested too deeply"),
        ("[]", "must be a JSON object"),
        ("{}", "names no app, so that every webhook would be refused"),
        ('{"5":{"on_failure":"allow"},"5":{"on_failure":"refuse"}}', "has a name twice in one object"),
        ('{"5":{"tokens":["a"]}}', "5.on_failure: is required"),
        ('{"5":{"on_failure":"allow","tokens":"a"}}', "5.tokens: must be a list"),
        ('{"5":{"on_failure":"allow","tokens":["' + "a" * 129 + '"]}}', "5.tokens.0: must have 1 to 128 characters"),
        (
            '{"05":{"on_failure":"allow"}}',
            "05: must be an app id: a whole number from 1, without a sign or leading zeros",
        ),
        (
            '{"9223372036854775808":{"on_failure":"allow"}}',
            "9223372036854775808: must be an app id: a whole number from 1,",
        ),
    ],
)
def test_apps_that_cannot_be_used(given, apps, problem):
    given(apps=apps)
    (line,) = problems()
    assert line.startswith(f"ADAPTER_APPS: {problem}")


def test_apps_are_required():
    assert problems() == ["ADAPTER_APPS: is required"]


def test_the_reserve_must_leave_time(given):
    given(apps=APPS, budget="0.3", reserve="0.29")
    assert problems() == ["ADAPTER_RESERVE: must leave 0.02 s of ADAPTER_BUDGET or more for the decider"]


class TestSecrets:
    def test_a_file_gives_what_the_environment_does_not(self, tmp_path):
        (tmp_path / "adapter_apps").write_text(APPS + "\n")
        assert list(load_settings(str(tmp_path)).apps) == [1400000000]

    def test_the_environment_wins(self, tmp_path, given):
        (tmp_path / "adapter_apps").write_text("{}")
        given(apps=APPS)
        assert list(load_settings(str(tmp_path)).apps) == [1400000000]

    def test_a_folder_as_kubernetes_mounts_it_is_read(self, tmp_path):
        data = tmp_path / "..2026_11_23"
        data.mkdir()
        (data / "adapter_apps").write_text(APPS)
        os.symlink("..2026_11_23", tmp_path / "..data")
        os.symlink("..data/adapter_apps", tmp_path / "adapter_apps")
        assert list(load_settings(str(tmp_path)).apps) == [1400000000]

    def test_a_folder_that_is_not_there_is_told(self, tmp_path):
        assert problems(str(tmp_path / "none")) == ["ADAPTER_SECRETS_DIR: there is no such folder"]

    def test_a_file_that_cannot_be_read_is_told(self, tmp_path):
        (tmp_path / "adapter_apps").write_bytes(b"\xff")
        (line,) = problems(str(tmp_path))
        assert line == f"ADAPTER_SECRETS_DIR: {tmp_path}/adapter_apps is not text in UTF-8"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ADAPTER_LISTN", "ADAPTER_LISTEN"),
        ("ADAPTER_APP", "ADAPTER_APPS"),
        ("ADAPTER_SECRET_DIR", "ADAPTER_SECRETS_DIR"),
    ],
)
def test_a_slip_in_a_name_is_noticed(name, meant):
    assert misspelt([name, "PATH"]) == {name: meant}


@pytest.mark.parametrize(
    "name",
    [
        "ADAPTER_LISTEN",
        "adapter_listen",
        "ADAPTER_SECRETS_DIR",
        "ADAPTER_SEND_TOKEN",
        "ADAPTER_SERVICE_HOST",
        "ADAPTER_SERVICE_PORT",
        "ADAPTER_SERVICE_PORT_HTTP",
        "ADAPTER_PORT",
        "ADAPTER_PORT_8080_TCP",
        "ADAPTER_PORT_8080_TCP_ADDR",
        "ADAPTER_PORT_8080_TCP_PROTO",
    ],
)
def test_known_names_and_those_that_kubernetes_injects_are_no_slips(name):
    assert misspelt([name]) == {}
