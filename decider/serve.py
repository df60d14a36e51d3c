"""`decider serve`: wires the decider from its settings and runs it until a signal."""

import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event

import structlog
import uuid_utils
from prometheus_client import REGISTRY, start_http_server

from decider.active import ActivePolicy
from decider.address import split_address
from decider.decisions import Decider
from decider.journal.files import RotatingFile, StandardOutput
from decider.journal.mask import Mask
from decider.journal.record import Journal, NoJournal
from decider.journal.writer import JournalWriter, Limits
from decider.metrics import Metrics
from decider.policy.loader import load_policy
from decider.policy.policy import Policy
from decider.server import Server, create_server
from decider.service import DeciderService
from decider.settings import Settings
from decider.startup import StartError

_log = structlog.get_logger(__name__)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends at once.

    Raises StartError, and PolicyError for a first policy that cannot be used.
    """
    stop, at_once = _stop_signals()
    active = ActivePolicy()
    metrics = Metrics(REGISTRY)
    with ExitStack() as ending:
        journal = _journal(settings, metrics)
        ending.callback(journal.close)
        service = DeciderService(Decider(active, journal, metrics, _now, _new_id))
        server = create_server(service, settings.listen, threads=settings.threads, max_calls=settings.max_calls)
        ending.callback(server.drain, settings.drain_pause, settings.drain_grace, at_once)
        _serve_metrics(settings.admin_listen)
        try:
            policy = load_policy(settings.policy)
        except BaseException:
            at_once.set()  # nobody was served, so there is nothing to drain
            raise
        active.use(policy, _now())
        server.serving(ready=True)
        _announce(server, policy, settings)
        stop.wait()
        _log.info("draining", pause=settings.drain_pause, grace=settings.drain_grace)
    _log.info("stopped")


def _stop_signals() -> tuple[Event, Event]:
    """An event that the first stop signal sets, and one that the second sets."""
    stop, at_once = Event(), Event()

    def on_signal(number: int, frame: object) -> None:
        (at_once if stop.is_set() else stop).set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop, at_once


def _journal(settings: Settings, metrics: Metrics) -> Journal:
    if settings.journal == "off":
        return NoJournal()
    try:
        sink = (
            StandardOutput()
            if settings.journal == "-"
            else RotatingFile(settings.journal, settings.journal_rotate_bytes, settings.journal_keep)
        )
    except OSError as error:
        raise StartError(f"DECIDER_JOURNAL {settings.journal}: {str(error.strerror).lower()}") from None
    mask = Mask(settings.journal_mask, settings.journal_mask_key.get_secret_value().encode())
    limits = Limits(settings.journal_queue, settings.journal_full, settings.journal_wait)
    return JournalWriter(sink, mask, limits, metrics)


def _serve_metrics(address: str) -> None:
    if not address:
        return
    host, port = split_address(address)
    try:
        start_http_server(port, host)
    except OSError as error:
        raise StartError(f"DECIDER_ADMIN_LISTEN {address}: {str(error.strerror).lower()}") from None


def _announce(server: Server, policy: Policy, settings: Settings) -> None:
    host, _ = split_address(settings.listen)
    _log.info(
        "serving",
        listen=f"{host}:{server.port}",
        policy=str(settings.policy),
        revision=policy.revision,
        documents=len(policy.documents),
        rules=sum(len(document.rules) for document in policy.documents),
        journal=settings.journal,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid_utils.uuid7())
