"""TLS towards the decider: its CA, and the adapter's own certificate, from files that may be renewed."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc

from adapter.errors import BadInput

_MISMATCHES: Final = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")

_CA: Final = "ADAPTER_DECIDER_CA"
_CERT: Final = "ADAPTER_DECIDER_CERT"
_KEY: Final = "ADAPTER_DECIDER_KEY"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the PEM files are; `cert` and `key` are the client certificate's, both or neither."""

    ca: Path
    cert: Path | None = None
    key: Path | None = None

    @property
    def _named(self) -> Mapping[str, Path]:
        files = {_CA: self.ca, _CERT: self.cert, _KEY: self.key}
        return {name: path for name, path in files.items() if path}

    def read(self) -> Mapping[str, bytes]:
        """Return what the files hold, by variable. Raises BadInput for a file that cannot be read."""
        contents = {}
        for name, path in self._named.items():
            try:
                contents[name] = path.read_bytes()
            except OSError as error:
                raise BadInput([f"{name} {path}: {(error.strerror or str(error)).lower()}"]) from error
        return contents

    def credentials(self) -> grpc.ChannelCredentials:
        """Return what a channel is opened with. Raises BadInput if the files cannot be used."""
        contents = self.read()
        self._check()
        if contents != self.read():
            raise BadInput([f"{_CA} and the files beside it change while they are read"])
        return grpc.ssl_channel_credentials(contents[_CA], contents.get(_KEY), contents.get(_CERT))

    def _check(self) -> None:
        # gRPC would take anything, and then fail every handshake.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for name, path in self._named.items():
            if path != self.key:
                _check_certificates(context, name, path)
        if self.cert and self.key:
            _check_key(context, self.cert, self.key)


def _check_certificates(context: ssl.SSLContext, name: str, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except OSError as error:  # an SSLError is one, too
        raise BadInput([f"{name} {path}: holds no certificate, PEM"]) from error


def _check_key(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    try:
        # An encrypted key would make OpenSSL ask for its password on the terminal.
        context.load_cert_chain(cert, key, password=lambda: "")
    except ssl.SSLError as error:
        foreign = error.reason in _MISMATCHES
        wrong = "does not belong to the certificate" if foreign else "holds no private key, unencrypted PEM"
        raise BadInput([f"{_KEY} {key}: {wrong}"]) from error
    except OSError as error:
        raise BadInput([f"{_KEY} {key}: {(error.strerror or str(error)).lower()}"]) from error
