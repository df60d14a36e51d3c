"""The adapter put together from its settings."""

import re
import time
from contextlib import ExitStack
from functools import partial

from structlog.stdlib import BoundLogger

from adapter.address import bind
from adapter.app import create_app
from adapter.apps import App, OnFailure
from adapter.budget import Budget
from adapter.client import Decider, open_channel
from adapter.listener import Listener
from adapter.metrics import Metrics
from adapter.process import CONNECTIONS
from adapter.record import Record
from adapter.renewal import Renewal
from adapter.replays import Replays
from adapter.settings import Settings
from adapter.signature import Signatures
from adapter.task import CLOCK
from adapter.tls import TlsFiles
from adapter.tracing.span import NO_TRACING, Tracing
from adapter.webhook import Webhook

# gRPC targets that do not leave the machine.
_LOCAL = re.compile(r"(dns:///|ipv4:|ipv6:)(localhost|127\.[0-9.]+|\[::1\]):[0-9]+|(unix|vsock).*")

# Seconds between looks at the TLS files: a renewed certificate is in use long before the old one ends.
_LOOKS = 1.0


def connect(settings: Settings, metrics: Metrics, log: BoundLogger, ending: ExitStack) -> Decider:
    """Return the decider, asked until `ending`. Raises BadInput for TLS files that cannot be used."""
    if settings.decider_ca is None:
        return Decider(ending.enter_context(open_channel(settings.decider)))
    files = TlsFiles(settings.decider_ca, settings.decider_cert, settings.decider_key)
    open_with = partial(open_channel, settings.decider, name=settings.decider_name)
    renewal = Renewal(files, open_with, interval=_LOOKS, metrics=metrics, log=log)
    ending.callback(renewal.close)
    renewal.start()
    return renewal.decider


def listen(
    settings: Settings,
    *,
    decider: Decider,
    metrics: Metrics,
    log: BoundLogger,
    tracing: Tracing = NO_TRACING,
    connections: int = CONNECTIONS,
) -> Listener:
    """Return the listener that answers webhooks. Raises OSError if its address cannot be had."""
    record = Record(metrics, log)
    budget = Budget(settings.budget, settings.reserve, CLOCK)
    webhook = Webhook(
        apps=settings.apps,
        signatures=Signatures(settings.signature_max_age, time.time),
        replays=Replays(most=settings.signature_uses, max_age=settings.signature_max_age, clock=time.time),
        decider=decider,
        budget=budget,
        record=record,
        tracing=tracing,
        path=settings.path,
    )
    app = create_app(webhook, path=settings.path, metrics=metrics, log=log)
    return Listener(
        app,
        bind(settings.listen),
        webhook=webhook,
        path=settings.path,
        threads=settings.threads,
        connections=connections,
        record=record,
        budget=budget,
        metrics=metrics,
    )


def warn(settings: Settings, log: BoundLogger) -> None:
    """Log what is allowed to be but that someone may not have meant."""
    if settings.decider_ca is None and not _LOCAL.fullmatch(settings.decider):
        log.warning("the decider is asked in plaintext, beyond this machine", decider=settings.decider)
    for app_id, app in settings.apps.items():
        for warning in _warnings(app):
            log.warning(warning, app=app_id)


def _warnings(app: App) -> list[str]:
    warnings = []
    if not app.tokens:
        warnings.append("no token: anyone who reaches this address can pass for the vendor")
    if app.on_failure is OnFailure.ALLOW:
        warnings.append("on_failure is allow: while there is no verdict, every topic is created")
    return warnings
