"""The decider's TLS: certificate, key and its callers' CA from files, checked before use, renewed while it serves."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time

import grpc
import structlog

from decider.expiry import SOON, ends
from decider.metrics import Metrics
from decider.reload import Fingerprint, fingerprint
from decider.startup import StartError

_log = structlog.get_logger(__name__)
_MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the PEM files are. With `client_ca`, a caller must have a certificate of that CA."""

    cert: Path
    key: Path
    client_ca: Path | None = None

    @property
    def named(self) -> Mapping[str, Path]:
        """The files by the variables that name them."""
        files = {"DECIDER_TLS_CERT": self.cert, "DECIDER_TLS_KEY": self.key, "DECIDER_TLS_CLIENT_CA": self.client_ca}
        return {name: path for name, path in files.items() if path}


class Certificates:
    """The files in use. A renewal that cannot be used changes nothing, and is logged and counted once.

    New connections get what is renewed; those that are open keep what they began with until their age ends them.
    """

    def __init__(self, files: TlsFiles, metrics: Metrics) -> None:
        self._files = files
        self._metrics = metrics
        self._tried: Fingerprint = frozenset()
        self._seen: Fingerprint = frozenset()
        self._contents: Mapping[str, bytes] = {}
        self._handed_over: Mapping[str, bytes] = {}
        self._problem = ""

    def load(self) -> None:
        """Use what the files hold. Raises StartError with the file and the reason, and then nothing has changed."""
        self._tried = self._seen = self._fingerprint()
        contents = _read(self._files)
        _check(self._files)
        if contents != _read(self._files):
            raise StartError("the TLS files change while they are read")
        self._contents = contents
        self._tell_ends()

    def _tell_ends(self) -> None:
        found = ends(self._contents, "DECIDER_TLS_CLIENT_CA")
        self._metrics.certificates_end(found)
        for setting, end in found.items():
            if (left := end - time()) < SOON:
                _log.warning("certificate ends soon", setting=setting, days=round(left / 86_400, 1))

    def reload(self) -> None:
        """Use what the files hold now, or log why that cannot be; nothing is told where nothing has come of it."""
        before = self._contents
        try:
            self.load()
        except StartError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                self._metrics.tls_reloaded("failed")
                _log.error("certificate not reloaded", problem=self._problem)
            return
        except Exception:
            # A defect here must not end the thread, which looks after the policy, too.
            self._metrics.tls_reloaded("failed")
            _log.exception("certificate not reloaded")
            return
        if before != self._contents or self._problem:
            self._problem = ""
            self._metrics.tls_reloaded("changed" if before != self._contents else "unchanged")
            _log.info("certificate reloaded", changed=before != self._contents)

    def look(self) -> None:
        """Reload if the files have changed since the last try, and have stayed as they are since the last look."""
        now = self._fingerprint()
        settled, self._seen = now == self._seen, now
        if settled and now != self._tried:
            self.reload()

    def credentials(self) -> grpc.ServerCredentials:
        """What gRPC listens with; it asks at every handshake whether there is something new."""
        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            self._renewed,  # type: ignore[arg-type]  # None means that nothing is new; the stubs forget that
            require_client_authentication=self._files.client_ca is not None,
        )

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        return None if self._handed_over is self._contents else self._configuration()

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        contents = self._handed_over = self._contents
        return grpc.ssl_server_certificate_configuration(
            [(contents["DECIDER_TLS_KEY"], contents["DECIDER_TLS_CERT"])], contents.get("DECIDER_TLS_CLIENT_CA")
        )

    def _fingerprint(self) -> Fingerprint:
        return frozenset(entry for path in self._files.named.values() for entry in fingerprint(path))


def _read(files: TlsFiles) -> Mapping[str, bytes]:
    contents = {}
    for name, path in files.named.items():
        try:
            contents[name] = path.read_bytes()
        except OSError as error:
            raise StartError(f"{name} {path}: {str(error.strerror).lower()}") from None
    return contents


def _check(files: TlsFiles) -> None:
    """Raise StartError for what gRPC would take without a word and then fail every handshake with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for name, path in files.named.items():
        if path != files.key:
            _check_certificates(context, name, path)
    try:
        # An encrypted key would make OpenSSL ask for its password on the terminal.
        context.load_cert_chain(files.cert, files.key, password=lambda: "")
    except ssl.SSLError as error:
        foreign = error.reason in _MISMATCHES
        wrong = "does not belong to the certificate" if foreign else "holds no private key, unencrypted PEM"
        raise StartError(f"DECIDER_TLS_KEY {files.key}: {wrong}") from None
    except OSError as error:
        raise StartError(f"DECIDER_TLS_KEY {files.key}: {str(error.strerror).lower()}") from None


def _check_certificates(context: ssl.SSLContext, name: str, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except OSError:  # an SSLError is one, too
        raise StartError(f"{name} {path}: holds no certificate, PEM") from None
