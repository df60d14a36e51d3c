"""`decider serve`: wires the decider from its settings and runs it until a signal."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event

import structlog
import uuid_utils
from prometheus_client import REGISTRY, disable_created_metrics

from decider.admin import AdminServer, pages
from decider.callers import Callers, Gate
from decider.decisions import Decider
from decider.journal.files import RotatingFile, StandardOutput
from decider.journal.mask import Mask
from decider.journal.record import Journal, NoJournal
from decider.journal.writer import JournalWriter, Limits
from decider.limits.guard import Guard
from decider.limits.ledger import Ledger
from decider.limits.open import open_store
from decider.limits.url import without_password
from decider.metrics import Metrics
from decider.policy.policy import Policy
from decider.probe import Probe
from decider.readiness import Readiness
from decider.reload import Reloader, Watch
from decider.server import SERVICE, Server, create_server
from decider.service import DeciderService
from decider.settings import Settings
from decider.signals import Signals
from decider.slot import PolicySlot
from decider.startup import StartError
from decider.tls import Certificates, TlsFiles
from decider.tracing.interceptor import Traced
from decider.tracing.open import open_tracing

_log = structlog.get_logger(__name__)


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends at once, and SIGHUP reloads the policy.

    `environment` is for OpenTelemetry, whose variables are its own. Raises StartError, TracingError, and PolicyError
    for a first policy that cannot be used.
    """
    signals = Signals()
    tracing = open_tracing(settings, environment)  # has threads of its own, which must not take signals
    # Of each counter, one more series that says nothing of use here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    metrics = Metrics(REGISTRY)
    active, candidate = PolicySlot(), PolicySlot()
    with ExitStack() as ending:
        if tracing:
            ending.callback(tracing.close)
        journal = _journal(settings, metrics)
        ending.callback(journal.close)
        store = open_store(settings.limits, settings.limits_timeout, settings.threads)
        guard = Guard(store, settings.limits_timeout, metrics)
        ending.callback(guard.close)
        callers = Callers(settings.callers)
        decider = Decider(active, candidate, Ledger(guard), journal, metrics, _now, _new_id, settings.tracing_content)
        service = DeciderService(decider, callers, metrics)
        certificates = _certificates(settings, metrics)
        probe = ending.enter_context(Probe()) if settings.admin_listen else None
        server = create_server(
            service,
            metrics,
            [*([Traced(tracing, SERVICE)] if tracing else []), Gate(callers, metrics)],
            settings.listen,
            certificates.credentials() if certificates else None,
            threads=settings.threads,
            max_calls=settings.max_calls,
            connection_age=settings.connection_age,
            probe=probe.address if probe else "",
        )
        ending.callback(server.drain, settings.drain_pause, settings.drain_grace, signals.at_once)
        if probe:
            _serve_admin(settings.admin_listen, Readiness(probe.ask, active, guard, signals.stop.is_set))
        reloaders = [Reloader("active", settings.policy, active, _now, metrics)]
        _load_first(reloaders[0], signals.at_once)
        if settings.candidate:
            reloaders.append(Reloader("candidate", settings.candidate, candidate, _now, metrics))
            reloaders[1].reload()
        watch = Watch([*reloaders, *([certificates] if certificates else [])], settings.reload_interval)
        ending.callback(watch.close)
        signals.on_hangup = watch.now
        if active.get().policy.has_limits:
            guard.look()
        server.serving(ready=True)
        _announce(server, active.get().policy, settings)
        signals.stop.wait()
        _log.info("draining", pause=settings.drain_pause, grace=settings.drain_grace)
    _log.info("stopped")


def _load_first(reloader: Reloader, at_once: Event) -> None:
    try:
        reloader.load()
    except BaseException:
        at_once.set()  # nobody was served, so there is nothing to drain
        raise


def _certificates(settings: Settings, metrics: Metrics) -> Certificates | None:
    if not (settings.tls_cert and settings.tls_key):
        return None
    certificates = Certificates(TlsFiles(settings.tls_cert, settings.tls_key, settings.tls_client_ca), metrics)
    certificates.load()
    return certificates


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


def _serve_admin(address: str, readiness: Readiness) -> None:
    try:
        server = AdminServer(address, pages(REGISTRY, readiness.problem, readiness.components))
    except OSError as error:
        raise StartError(f"DECIDER_ADMIN_LISTEN {address}: {str(error.strerror).lower()}") from None
    server.start()
    host, _, _ = address.rpartition(":")
    _log.info("serving admin pages", url=f"http://{host}:{server.server_address[1]}/")


def _announce(server: Server, policy: Policy, settings: Settings) -> None:
    host, _, _ = settings.listen.rpartition(":")
    _log.info(
        "serving",
        listen=f"{host}:{server.port}",
        policy=str(settings.policy),
        revision=policy.revision,
        documents=len(policy.documents),
        rules=sum(len(document.rules) for document in policy.documents),
        journal=settings.journal,
        limits=without_password(settings.limits),
        transport=_transport(settings),
        tracing=settings.tracing.value,
    )


def _transport(settings: Settings) -> str:
    if not settings.tls_cert:
        return "plaintext"
    return "mTLS" if settings.tls_client_ca else "TLS"


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid_utils.uuid7())
