"""The adapter put together from its settings."""

import time

from prometheus_client import CollectorRegistry
from structlog.stdlib import BoundLogger

from adapter.address import bind
from adapter.app import create_app
from adapter.apps import App, OnFailure
from adapter.budget import Budget
from adapter.client import Decider
from adapter.connection import CLOCK
from adapter.metrics import Metrics
from adapter.record import Record
from adapter.server import Listener
from adapter.settings import Settings
from adapter.signature import Signatures
from adapter.webhook import Webhook


def listen(settings: Settings, *, decider: Decider, registry: CollectorRegistry, log: BoundLogger) -> Listener:
    """Return the listener that answers webhooks. Raises OSError if its address cannot be had."""
    record = Record(Metrics(registry), log)
    budget = Budget(settings.budget, settings.reserve, CLOCK)
    webhook = Webhook(
        apps=settings.apps,
        signatures=Signatures(settings.signature_max_age, time.time),
        decider=decider,
        budget=budget,
        record=record,
    )
    app = create_app(webhook, path=settings.path, log=log)
    return Listener(app, bind(settings.listen), threads=settings.threads, record=record, budget=budget)


def warn(settings: Settings, log: BoundLogger) -> None:
    """Log what is allowed to be but that someone may not have meant."""
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
