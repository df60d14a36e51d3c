"""The channel to the decider over TLS, opened anew when its files are renewed: gRPC reads those of an open one once."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import grpc
from structlog.stdlib import BoundLogger

from adapter.client import Decider
from adapter.errors import BadInput
from adapter.expiry import SOON, ends
from adapter.metrics import Metrics
from adapter.tls import TlsFiles

# Seconds to let a new channel connect before calls go to it, and then for calls in flight on the old one: no
# webhook takes longer than the vendor waits.
_CONNECT: Final = 3.0
_LINGER: Final = 2.0
# To end, however far it is.
_CLOSE_WITHIN: Final = 0.5


class Renewal:
    """Keeps a decider asked over a channel that the files of now have opened.

    Files that cannot be used change nothing, and are logged once.
    """

    def __init__(
        self,
        files: TlsFiles,
        open_with: Callable[[grpc.ChannelCredentials], grpc.Channel],
        *,
        interval: float,
        metrics: Metrics,
        log: BoundLogger,
    ) -> None:
        """`interval` is how many seconds lie between looks. Raises BadInput if the files cannot be used."""
        self._files = files
        self._open_with = open_with
        self._interval = interval
        self._metrics = metrics
        self._log = log
        # What is in use, what the last look saw, and why that was of no use.
        self._used = self._seen = files.read()
        self._problem = ""
        self._channel = open_with(files.credentials())
        self._tell_ends()
        self.decider = Decider(self._channel)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)

    def start(self) -> None:
        """Look again and again, on a thread, until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End, and close the channel in use."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_WITHIN)
        self._channel.close()

    def look(self) -> None:
        """Use the files if they have changed, and have stayed as they are since the last look."""
        try:
            now = self._files.read()
            settled, self._seen = now == self._seen, now
            if now == self._used:
                self._mend()
            elif settled:
                self._use(now)
        except BadInput as error:
            self._tell(str(error))

    def _mend(self) -> None:
        if self._problem:
            self._problem = ""
            self._metrics.tls_reloaded("unchanged")

    def _use(self, contents: Mapping[str, bytes]) -> None:
        renewed = self._open_with(self._files.credentials())
        self._used, self._problem = contents, ""
        self._wait_for(renewed)
        self.decider.use(renewed)
        self._metrics.tls_reloaded("changed")
        self._log.info("certificate reloaded")
        self._tell_ends()
        self._closing.wait(_LINGER)
        self._channel.close()
        self._channel = renewed

    def _wait_for(self, channel: grpc.Channel) -> None:
        # Whether or not it connects, the files are what the operator wants; the old channel may be at its end, too.
        ready = grpc.channel_ready_future(channel)
        try:
            ready.result(_CONNECT)
        except grpc.FutureTimeoutError:
            ready.cancel()
            self._log.warning("no decider is reached with the renewed certificate")

    def _tell_ends(self) -> None:
        found = ends(self._used, "ADAPTER_DECIDER_CA")
        self._metrics.certificates_end(found)
        for setting, end in found.items():
            if (left := end - time.time()) < SOON:
                self._log.warning("certificate ends soon", setting=setting, days=round(left / 86_400, 1))

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._metrics.tls_reloaded("failed")
            self._log.error("certificate not reloaded", problem=problem)

    def _run(self) -> None:
        while not self._closing.wait(self._interval):
            try:
                self.look()
            except Exception:
                # A defect must not end the looking: the next renewal may be the one before the certificate expires.
                self._log.exception("bug")
