"""TLS files are checked before they are used, and renewed while connections come in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from certificates import Authority, Pair
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from processes import TIMEOUT
from prometheus_client import CollectorRegistry

from decider.metrics import Metrics
from decider.startup import StartError
from decider.tls import Certificates, TlsFiles

CA = Authority()
STRANGER = Authority()


class Secured:
    """Certificates in use by a real server, and what a test wants to see of them."""

    def __init__(self, folder: Path, *, client_ca: bool = False) -> None:
        self.folder, self.registry = folder, CollectorRegistry()
        cert, key = CA.issue("localhost").write(folder, "server")
        self.certificates = Certificates(
            TlsFiles(cert, key, CA.write(folder) if client_ca else None), Metrics(self.registry)
        )
        self.certificates.load()
        self.server = grpc.server(ThreadPoolExecutor(2))
        health_pb2_grpc.add_HealthServicer_to_server(HealthServicer(), self.server)
        self.port = self.server.add_secure_port("localhost:0", self.certificates.credentials())
        self.server.start()

    def renew(self, pair: Pair) -> None:
        pair.write(self.folder, "server")
        for _ in range(2):
            self.certificates.look()

    def is_trusted(self, ca: bytes, client: Pair | None = None) -> bool:
        """Whether a new connection that trusts a CA gets an answer."""
        key, cert = (client.key, client.cert) if client else (None, None)
        credentials = grpc.ssl_channel_credentials(ca, key, cert)
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.secure_channel(f"localhost:{self.port}", credentials, options) as channel:
            try:
                health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
            except grpc.RpcError as error:
                if not isinstance(error, grpc.Call) or error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
            return True

    def count(self, outcome: str) -> float:
        return self.registry.get_sample_value("decider_tls_reloads_total", {"outcome": outcome}) or 0


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Callable[..., Secured]]:
    running: list[Secured] = []

    def start(**options: bool) -> Secured:
        running.append(Secured(tmp_path, **options))
        return running[-1]

    yield start
    for each in running:
        each.server.stop(0).wait()


def test_a_caller_that_trusts_the_ca_is_answered_and_one_that_does_not_is_not(secured: Callable[..., Secured]) -> None:
    server = secured()
    assert server.is_trusted(CA.pem)
    assert not server.is_trusted(STRANGER.pem)


CLIENTS = {
    "of the CA": (CA.issue("a.example"), True),
    "none": (None, False),
    "of another CA": (STRANGER.issue("a.example"), False),
    "expired": (CA.issue("a.example", life=timedelta(minutes=-1)), False),
}


@pytest.mark.parametrize("which", CLIENTS)
def test_with_a_client_ca_only_its_certificates_pass_the_handshake(secured: Callable[..., Secured], which: str) -> None:
    client, passes = CLIENTS[which]
    assert secured(client_ca=True).is_trusted(CA.pem, client) is passes


def test_a_renewed_certificate_is_used_for_new_connections(secured: Callable[..., Secured]) -> None:
    server = secured()
    server.renew(STRANGER.issue("localhost"))
    assert (server.is_trusted(STRANGER.pem), server.is_trusted(CA.pem)) == (True, False)
    assert server.count("changed") == 1


def test_a_renewed_client_ca_is_used_for_new_connections(secured: Callable[..., Secured]) -> None:
    server = secured(client_ca=True)
    STRANGER.write(server.folder)
    for _ in range(2):
        server.certificates.look()
    assert not server.is_trusted(CA.pem, CA.issue("a.example"))
    assert server.is_trusted(CA.pem, STRANGER.issue("a.example"))


def test_a_broken_renewal_keeps_the_good_pair_and_is_told_once(
    secured: Callable[..., Secured], capsys: pytest.CaptureFixture[str]
) -> None:
    server = secured()
    server.renew(Pair(CA.issue("localhost").cert, CA.issue("localhost").key))
    for _ in range(3):
        server.certificates.reload()
    assert server.is_trusted(CA.pem)
    assert (server.count("failed"), server.registry.get_sample_value("decider_tls_reload_failed")) == (1, 1)
    assert capsys.readouterr().out.count("certificate not reloaded") == 1
    server.renew(STRANGER.issue("localhost"))
    assert server.is_trusted(STRANGER.pem)
    assert server.registry.get_sample_value("decider_tls_reload_failed") == 0


def test_a_pair_of_which_one_half_is_yet_to_come_is_waited_for(secured: Callable[..., Secured]) -> None:
    server = secured()
    renewed = STRANGER.issue("localhost")
    (server.folder / "server.key").write_bytes(renewed.key)
    server.certificates.look()
    (server.folder / "server.crt").write_bytes(renewed.cert)
    for _ in range(2):
        server.certificates.look()
    assert server.is_trusted(STRANGER.pem)
    assert server.count("failed") == 0


def test_a_swapped_symbolic_link_as_kubernetes_makes_one_is_noticed(tmp_path: Path) -> None:
    for name, authority in (("old", CA), ("new", STRANGER)):
        (tmp_path / name).mkdir()
        authority.issue("localhost").write(tmp_path / name, "tls")
    (tmp_path / "data").symlink_to("old")
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).symlink_to(f"data/{name}")
    registry = CollectorRegistry()
    certificates = Certificates(TlsFiles(tmp_path / "tls.crt", tmp_path / "tls.key"), Metrics(registry))
    certificates.load()
    (tmp_path / "next").symlink_to("new")
    (tmp_path / "next").rename(tmp_path / "data")
    for _ in range(2):
        certificates.look()
    assert registry.get_sample_value("decider_tls_reloads_total", {"outcome": "changed"}) == 1


def encrypted(key: bytes) -> bytes:
    loaded = load_pem_private_key(key, None)
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def der(cert: bytes) -> bytes:
    return x509.load_pem_x509_certificate(cert).public_bytes(Encoding.DER)


GOOD = CA.issue("localhost")
BAD: dict[str, tuple[str, bytes | None, str]] = {
    "no certificate": ("server.crt", None, "DECIDER_TLS_CERT {}: no such file or directory"),
    "no key": ("server.key", None, "DECIDER_TLS_KEY {}: no such file or directory"),
    "no CA": ("ca.crt", None, "DECIDER_TLS_CLIENT_CA {}: no such file or directory"),
    "an empty certificate": ("server.crt", b"", "DECIDER_TLS_CERT {}: holds no certificate, PEM"),
    "a certificate that is not PEM": ("server.crt", der(GOOD.cert), "DECIDER_TLS_CERT {}: holds no certificate, PEM"),
    "half a certificate": ("server.crt", GOOD.cert[:200], "DECIDER_TLS_CERT {}: holds no certificate, PEM"),
    "an empty CA": ("ca.crt", b"", "DECIDER_TLS_CLIENT_CA {}: holds no certificate, PEM"),
    "a key as CA": ("ca.crt", GOOD.key, "DECIDER_TLS_CLIENT_CA {}: holds no certificate, PEM"),
    "an empty key": ("server.key", b"", "DECIDER_TLS_KEY {}: holds no private key, unencrypted PEM"),
    "an encrypted key": (
        "server.key",
        encrypted(GOOD.key),
        "DECIDER_TLS_KEY {}: holds no private key, unencrypted PEM",
    ),
    "another's key": ("server.key", CA.issue("x").key, "DECIDER_TLS_KEY {}: does not belong to the certificate"),
}


@pytest.mark.parametrize("what", BAD)
def test_files_that_cannot_be_used_are_named_with_the_reason(tmp_path: Path, what: str) -> None:
    name, content, reason = BAD[what]
    cert, key = GOOD.write(tmp_path, "server")
    files = TlsFiles(cert, key, CA.write(tmp_path))
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(StartError) as raised:
        Certificates(files, Metrics(CollectorRegistry())).load()
    assert str(raised.value) == reason.format(tmp_path / name)
