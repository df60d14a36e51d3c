"""The adapter's commands; the only module that reads the environment."""

import os
import re
import signal
import sys
import time
from contextlib import ExitStack
from importlib.metadata import version
from typing import BinaryIO, NoReturn

# Before gRPC is imported, which reads it then. Its own lines are no JSON, and hold what the other side sent, line
# breaks included.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
if __name__ == "__main__":
    # Before what takes a while to import: as a container's process 1 it would be deaf to SIGTERM until then. Nothing
    # has begun, so nothing is to be ended first.
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(128 + number))

import click
from prometheus_client import CollectorRegistry, disable_created_metrics
from structlog.stdlib import BoundLogger
from tqdm import tqdm

from adapter.address import bound_address
from adapter.admin import AdminServer, pages
from adapter.errors import BadInput
from adapter.load import Load
from adapter.log import configure
from adapter.metrics import Metrics
from adapter.process import make_room
from adapter.readiness import Readiness
from adapter.report import Summary, as_json, describe, reply_fields
from adapter.send import Vendor, open_pool
from adapter.server import Server
from adapter.service import connect, listen, warn
from adapter.settings import Settings, load_settings, misspelt
from adapter.signals import on_signals
from adapter.topics import Topic, read_topics
from adapter.tracing.open import open_tracing
from adapter.vendor.query import COMMAND


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("topic-gate"))
def cli() -> None:
    """Answer the IM vendor's webhook before a topic is created, by asking the decider."""


@cli.command()
def serve() -> None:
    """Serve the webhook until SIGTERM or Ctrl-C; settings are ADAPTER_... variables."""
    settings = _settings()
    log = configure(settings.log_level, sys.stderr, settings.log_format)
    try:
        tracing = open_tracing(settings, os.environ)
    except BadInput as error:
        _fail(str(error), 2)
    for name, meant in misspelt(os.environ).items():
        log.warning("variable is not known", name=name, meant=meant)
    warn(settings, log)
    # Of each counter, one more series that says nothing of use here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    metrics = Metrics(registry, settings.apps)
    with ExitStack() as ending:
        ending.callback(tracing.close)
        try:
            decider = connect(settings, metrics, log, ending)
            listener = listen(
                settings, decider=decider, metrics=metrics, log=log, tracing=tracing, connections=make_room()
            )
        except BadInput as error:
            _fail(str(error), 1)
        except OSError as error:
            _fail(f"ADAPTER_LISTEN {settings.listen}: {_plain(error)}", 1)
        _start_admin(settings, registry, Readiness(listener, decider, settings.ready_without_decider), log)
        server = Server(listener, pause=settings.drain_pause, drain=settings.drain, log=log)
        on_signals(server.stop)
        log.info("serving", url=f"http://{bound_address(listener.socket)}{settings.path}", decider=settings.decider)
        server.run()
    log.info("stopped")


def _check_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    if not re.match(r"https?://[^/?#]", url):
        raise click.BadParameter("must begin with http:// or https:// and a host")
    return url


@cli.command()
@click.argument("url", default="http://127.0.0.1:8080/", callback=_check_url)
@click.option("--app", "app_id", required=True, help="The app's id (SDKAppID).")
@click.option("--token", envvar="ADAPTER_SEND_TOKEN", default="", help="Signs; better as ADAPTER_SEND_TOKEN.")
@click.option("--unsigned", is_flag=True, help="Do not sign, even with a token at hand.")
@click.option("--request-time", type=int, help="Unix seconds to sign instead of now.")
@click.option("--operator", default="", help="The user who asks.")
@click.option("--name", help="The topic's name.")
@click.option("--type", "group_type", default="Community", show_default=True)
@click.option("--platform", default="Web", show_default=True)
@click.option("--client-ip", default="127.0.0.1", show_default=True)
@click.option("--command", default=COMMAND, show_default=True)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=2.0,
    show_default=True,
    help="Seconds; the vendor waits 2.",
)
@click.option("--ca", type=click.Path(exists=True, dir_okay=False), help="Certificates to trust, PEM.")
@click.option("--file", "source", type=click.File("rb"), help="JSON Lines of topics; - reads stdin.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="With --file: webhooks a second.")
@click.option("--connections", type=click.IntRange(1, 512), default=8, show_default=True, help="With --file.")
@click.option("--json", "as_fields", is_flag=True, help="Print JSON.")
def send(
    *,
    url: str,
    app_id: str,
    token: str,
    unsigned: bool,
    request_time: int | None,
    operator: str,
    name: str | None,
    group_type: str,
    platform: str,
    client_ip: str,
    command: str,
    timeout: float,
    ca: str | None,
    source: BinaryIO | None,
    rate: float | None,
    connections: int,
    as_fields: bool,
) -> None:
    """Be the vendor: send one webhook, or many from a file, to URL.

    Exits with 0 if every answer was one that the vendor takes, whatever the verdict; with 1 if the vendor would
    count a webhook failure, which by its default creates the topic; with 2 for bad usage.
    """
    if source is None and (name is None or not operator):
        raise click.UsageError("--operator and --name are needed, or --file")
    if source is not None and name is not None:
        raise click.UsageError("--name and --file exclude each other: in the file, each topic has its own name")
    vendor = Vendor(
        pool=open_pool(connections=connections, ca=ca),
        url=url,
        app_id=app_id,
        token="" if unsigned else token,
        command=command,
        timeout=timeout,
        clock=time.time if request_time is None else lambda: request_time,
    )
    topic = Topic(name or "", operator, group_type, platform, client_ip)
    if source is None:
        _send_one(vendor, topic, as_fields)
    _send_file(source, topic, Load(vendor, rate=rate, connections=connections), as_fields)


def _send_one(vendor: Vendor, topic: Topic, as_fields: bool) -> NoReturn:
    reply = vendor.send(topic)
    click.echo(as_json(reply_fields(reply)) if as_fields else describe(reply))
    sys.exit(reply.answer is None)


def _send_file(source: BinaryIO, default: Topic, load: Load, as_fields: bool) -> NoReturn:
    try:
        topics = read_topics(source, source=source.name, default=default)
    except BadInput as error:
        _fail(str(error), 2)
    interrupted = on_signals(load.stop)
    began = time.monotonic()
    # No bar where there is no terminal.
    replies = list(tqdm(load.run(topics), total=len(topics), unit="topic", disable=None))
    summary = Summary(replies, time.monotonic() - began)
    click.echo(as_json(summary.fields()) if as_fields else summary)
    sys.exit(130 if interrupted() else bool(summary.failures))


def _settings() -> Settings:
    try:
        return load_settings(os.environ.get("ADAPTER_SECRETS_DIR"))
    except BadInput as error:
        _fail(str(error), 2)


def _start_admin(settings: Settings, registry: CollectorRegistry, readiness: Readiness, log: BoundLogger) -> None:
    if settings.admin_listen is None:
        return
    try:
        server = AdminServer(settings.admin_listen, pages(registry, readiness.problem, readiness.components), log)
    except OSError as error:
        _fail(f"ADAPTER_ADMIN_LISTEN {settings.admin_listen}: {_plain(error)}", 1)
    server.start()
    log.info("serving admin pages", url=f"http://{bound_address(server.socket)}/")


def _plain(error: OSError) -> str:
    # A failed look-up of a name has a negative number; to a failed bind, Python adds the address once more.
    known = error.errno is not None and error.errno > 0
    return (os.strerror(error.errno or 0) if known else error.strerror or str(error)).lower()


def _fail(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


def main() -> None:
    """Run the command that the process was started with."""
    cli(prog_name="adapter")


if __name__ == "__main__":
    main()
