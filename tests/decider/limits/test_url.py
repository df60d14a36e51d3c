"""URLs of stores, good and bad."""

from pathlib import Path

import pytest

from decider.limits.url import File, Memory, Server, parse_url, without_password


def server(**fields: object) -> Server:
    found: dict[str, object] = {
        "topology": "",
        "tls": False,
        "hosts": (("h", 6379),),
        "username": None,
        "password": None,
        "service": "",
        "database": 0,
        "files": (),
    }
    return Server(**{**found, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("memory://", Memory()),
        ("sqlite:///limits.db", File(Path("limits.db"))),
        ("sqlite:////tmp/limits.db", File(Path("/tmp/limits.db"))),
        ("redis://h", server()),
        ("valkey://h:7000/3", server(hosts=(("h", 7000),), database=3)),
        ("rediss://h", server(tls=True)),
        ("valkeys://h", server(tls=True)),
        ("redis://[::1]:7000", server(hosts=(("::1", 7000),))),
        ("redis://[::1]", server(hosts=(("::1", 6379),))),
        ("redis://:p%40ss@h", server(password="p@ss")),
        ("redis://user:pass@h", server(username="user", password="pass")),
        ("redis+cluster://a:1,b:2,c", server(topology="cluster", hosts=(("a", 1), ("b", 2), ("c", 6379)))),
        (
            "valkeys+sentinel://a,b:2/main/4",
            server(topology="sentinel", tls=True, hosts=(("a", 26379), ("b", 2)), service="main", database=4),
        ),
        (f"rediss://h?ssl_ca_certs={__file__}", server(tls=True, files=(("ssl_ca_certs", __file__),))),
    ],
)
def test_a_url_is_taken_apart(url: str, expected: object) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must be sqlite"),
        ("limits.db", "must be sqlite"),
        ("mysql://h/limits", "must be sqlite"),
        ("redis+ring://h", "must be sqlite"),
        ("sqlite://limits.db", "must be sqlite"),
        ("sqlite:///", "must be sqlite"),
        ("sqlite:////tmp", "/tmp: not a file"),
        ("sqlite:////no/such/folder/limits.db", "/no/such/folder: no such folder"),
        ("memory://x", "must be sqlite"),
        ("redis://h/first", "must be sqlite"),
        ("redis://h/1/2", "must be sqlite"),
        ("redis+cluster://h/1", "must be sqlite"),
        ("redis+sentinel://h", "must name the service"),
        ("redis://h:99999", "must be sqlite"),
        ("redis://h:abc", "must be sqlite"),
        ("redis://", "must be sqlite"),
        ("sqlite:///:memory:", "must be sqlite"),
        ("sqlite:///limits.db?mode=ro", "must be sqlite"),
        ("sqlite:////dev/full", "/dev/full: not a file"),
        ("redis://h?db=1", "the option db is not known; known are ssl_ca_certs, ssl_certfile, ssl_keyfile"),
        (f"redis://h?ssl_ca_certs={__file__}", "needs rediss:// or valkeys://"),
        ("rediss://h?ssl_ca_certs=/no/such/file", "no such file"),
    ],
)
def test_a_bad_url_is_told_without_the_url(url: str, reason: str) -> None:
    secret = url.replace("://", "://user:secret@") if url.startswith("redis") else url
    with pytest.raises(ValueError, match=reason) as caught:
        parse_url(secret)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:secret@h:1/0", "redis://h:1/0"),
        ("rediss://:se@cret@h?ssl_keyfile=/k", "rediss://h"),
        ("sqlite:////tmp/limits.db", "sqlite:////tmp/limits.db"),
    ],
)
def test_logs_show_no_password(url: str, shown: str) -> None:
    assert without_password(url) == shown
