"""The WSGI application: one path, one method, and no way out without an answer."""

import falcon
from structlog.stdlib import BoundLogger

from adapter.metrics import ELSEWHERE, Metrics
from adapter.outcome import Cause, Kind, Outcome
from adapter.record import Call
from adapter.vendor.answer import answer_to, write_answer
from adapter.webhook import Webhook

_REFUSAL = write_answer(answer_to(Outcome(Kind.FALLBACK_REFUSED, Cause.BUG)))


class _PostOnly:
    """Answers 405 to every other method on a path that exists; falcon's own choice for OPTIONS is 200.

    What is no webhook is counted: a wrong URL in the vendor's console shows in nothing else.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def process_resource(self, req: falcon.Request, resp: falcon.Response, resource: object, params: object) -> None:
        if req.method != "POST":
            raise falcon.HTTPMethodNotAllowed(["POST"])

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: object, done: bool) -> None:
        if resp.status_code in ELSEWHERE:
            self._metrics.elsewhere(resp.status_code)


class _LastResort:
    """Refuses what escaped the webhook's own care, that is, a defect in keeping records of it."""

    def __init__(self, log: BoundLogger) -> None:
        self._log = log

    def __call__(self, req: falcon.Request, resp: falcon.Response, error: Exception, params: object) -> None:
        call: Call | None = getattr(req.context, "call", None)
        self._log.error("bug", exc_info=error, **(call.ids() if call else {}))
        resp.content_type = falcon.MEDIA_JSON
        resp.data = _REFUSAL


def _no_method(req: falcon.Request, resp: falcon.Response, error: Exception, params: object) -> None:
    # Falcon's own answer to WEBSOCKET, a word that it keeps for itself, is the one 400 that gets here.
    raise falcon.HTTPMethodNotAllowed(["POST"])


def create_app(
    webhook: Webhook, *, path: str, metrics: Metrics, log: BoundLogger
) -> falcon.App[falcon.Request, falcon.Response]:
    """Return the application that serves a webhook on a path: 404 elsewhere, 405 for other methods."""
    app = falcon.App(middleware=[_PostOnly(metrics)])
    app.add_error_handler(Exception, _LastResort(log))
    app.add_error_handler(falcon.HTTPBadRequest, _no_method)
    app.add_route(path, webhook)
    return app
