"""The decider's command line. The one module that reads the environment."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, TextIO

# Before gRPC is imported, which reads it then. Its own lines hold what callers sent, line breaks included, so that
# anyone who connects could write to the log.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
if __name__ == "__main__":
    # Before what takes a while to import: as a container's process 1 it would be deaf to SIGTERM until then. Nothing
    # has begun, so nothing is to be ended first.
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(128 + number))

import click
import structlog
from google.protobuf.json_format import MessageToJson
from pydantic import ValidationError
from pydantic_settings import SettingsError

from decider import log, messages
from decider.desk import limits
from decider.exits import BAD_INPUT, FAILED, fail
from decider.explain import in_words
from decider.policy.engine import decide
from decider.policy.limit import Unused
from decider.policy.loader import check_policy, load_policy
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError
from decider.replay.command import replay
from decider.requests import RequestError, Written, read_fields, read_time
from decider.schemas import Schema, generate
from decider.serve import serve as run_server
from decider.settings import Settings
from decider.startup import StartError, describe, misspelt
from decider.suite.loader import find_suites, load_suites
from decider.suite.report import Report
from decider.suite.runner import run
from decider.timezones import use_packaged_tables
from decider.tracing.open import TracingError
from decider.undecided import Undecided
from decider.validation import validate

_POLICY = click.argument("policy", type=click.Path(path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("topic-gate"))
def main() -> None:
    """Decide whether a user may create a topic."""
    use_packaged_tables()


@main.command()
def serve() -> None:
    """Serve the policy over gRPC. The settings are environment variables, DECIDER_...; see the README."""
    secrets = os.environ.get("DECIDER_SECRETS_DIR") or None
    if secrets and not Path(secrets).is_dir():
        fail(f"DECIDER_SECRETS_DIR {secrets}: no such folder", BAD_INPUT)
    try:
        settings = Settings(_secrets_dir=secrets)
    except ValidationError as error:
        fail(describe(error), BAD_INPUT)
    except (SettingsError, UnicodeDecodeError) as error:
        fail(f"DECIDER_SECRETS_DIR {secrets}: {error}", BAD_INPUT)
    log.configure(settings.log_level, settings.log_format)
    for warning in misspelt(os.environ):
        structlog.get_logger().warning(warning)
    try:
        run_server(settings, os.environ)
    except PolicyError as error:
        _fail_for_policy(settings.policy, error)
    except TracingError as error:
        fail(str(error), BAD_INPUT)
    except StartError as error:
        fail(str(error), FAILED)


@main.command()
@_POLICY
@click.option("--strict", is_flag=True, help="Warnings end with exit code 1.")
def check(policy: Path, strict: bool) -> None:
    """Load POLICY, a folder or one document, as the server does, and warn of what is hardly meant.

    Ends with exit code 2 and every reason if it cannot be used.
    """
    try:
        loaded, found = check_policy(policy)
    except PolicyError as error:
        _fail_for_policy(policy, error)
    warnings = [str(warning) for warning in found]
    if loaded.default is None:
        warnings.append("no document is for every other app: requests of other apps are errors")
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{policy}: good, revision {loaded.revision}")
    for document in loaded.documents:
        apps = ", ".join(map(str, document.apps)) or "every other app"
        entries = sum(each.size for each in document.sizes)
        click.echo(f"  {document.path}: rules: {len(document.rules)}, list entries: {entries}, for {apps}")
    sys.exit(FAILED if strict and warnings else 0)


@main.command("test")
@_POLICY
@click.argument("suites", nargs=-1, type=click.Path(path_type=Path))
@click.option("--junit", type=click.Path(path_type=Path), help="Also write the results there, as JUnit XML.")
@click.option("--cover-min", type=click.FloatRange(0, 100), default=0, help="Fail below this percentage of rules.")
def run_tests(policy: Path, suites: Sequence[Path], junit: Path | None, cover_min: float) -> None:
    """Run the test suites of POLICY: SUITES, or every *_test.yaml beside it.

    Ends with exit code 1 if a case is not as expected, with 2 if the policy or a suite cannot be used.
    """
    loaded = _load(policy)
    found = list(suites) or find_suites(policy)
    if not found:
        fail(f"{policy}: there is no suite (*_test.yaml) beside it", BAD_INPUT)
    try:
        cases = load_suites(found)
    except PolicyError as error:
        fail(str(error), BAD_INPUT)
    report = Report(loaded, {suite: [run(loaded, case) for case in each] for suite, each in cases.items()})
    click.echo(report.text())
    if junit:
        _write(junit, report.junit())
    if report.coverage < cover_min:
        fail(f"fewer rules are covered than the {cover_min:g}% asked for", FAILED)
    sys.exit(FAILED if report.failures else 0)


@main.command()
@_POLICY
@click.option("--name", "topic_name", help="The topic's name.")
@click.option("--operator", "operator_user_id", help="The user id of who asks. Without it: someone.")
@click.option("--app", "app_id", type=int, help="The SDKAppID. Without it: 1.")
@click.option("--type", "group_type", help="The group's type. Without it: Community.")
@click.option("--platform", help="RESTAPI, WEB, ANDROID, IOS, WINDOWS, MACOS, IPAD or UNKNOWN.")
@click.option("--ip", "client_ip", help="The client's address.")
@click.option("--signed", type=bool, help="Whether the webhook's signature was verified.")
@click.option("--attribute", "attributes", multiple=True, metavar="KEY=VALUE", help="Can be given several times.")
@click.option("--request", "file", type=click.File(), help="A request or a journal line, as JSON. Options win.")
@click.option("--used", multiple=True, metavar="RULE=N", help="How far the limit of a rule is used. Without it: not.")
@click.option("--now", metavar="TIME", help="Decide as of then: 2026-01-31T08:00:00Z, or with another offset.")
@click.option("--json", "as_json", is_flag=True, help="Print the response and its trace as JSON.")
def explain(
    policy: Path,
    file: TextIO | None,
    now: str | None,
    attributes: Sequence[str],
    used: Sequence[str],
    as_json: bool,
    **options: object,
) -> None:
    """Decide one request by POLICY, and say why."""
    try:
        written = read_fields(_text(file)) if file else Written({})
        given = {name: value for name, value in options.items() if value is not None}
        request = written.build(
            {**given, **({"attributes": _pairs("--attribute", "KEY=VALUE", attributes)} if attributes else {})}
        )
        validate(request)
        at = read_time(now) if now else written.time or datetime.now(UTC)
        assumed = _used(used)
    except (RequestError, Undecided) as error:
        fail(str(error), BAD_INPUT)
    loaded = _load(policy)
    _refuse_unknown_limits(loaded, request.app_id, assumed)
    try:
        response = messages.explained(decide(loaded, request, at, Unused({**written.used, **assumed})))
    except Undecided as undecided:
        fail(f"could not decide: {undecided.message}", FAILED)
    shown = MessageToJson(
        response,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,  # a code or a start of 0 is what a program asks for, too
        ensure_ascii=False,
    )
    click.echo(shown if as_json else in_words(request, response))


@main.command("schema")
@click.argument("name", type=click.Choice([schema.value for schema in Schema]))
def print_schema(name: str) -> None:
    """Print the JSON Schema of policy documents or of test suites, for editors."""
    click.echo(generate(Schema(name)), nl=False)


main.add_command(limits)
main.add_command(replay)


def _text(file: TextIO) -> str:
    try:
        return file.read()
    except UnicodeDecodeError as error:
        raise RequestError(f"{file.name}: not UTF-8 at byte {error.start}") from None


def _pairs(option: str, form: str, pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise RequestError(f"{option}: {pair} is not {form}")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _used(pairs: Sequence[str]) -> dict[str, int]:
    counts = _pairs("--used", "RULE=N", pairs)
    for rule, count in counts.items():
        if not (count.isascii() and count.isdigit()):
            raise RequestError(f"--used {rule}: {count} is not a whole number")
    return {rule: int(count) for rule, count in counts.items()}


def _refuse_unknown_limits(policy: Policy, app_id: int, used: Mapping[str, int]) -> None:
    document = policy.document_for(app_id)
    known = {rule.id for rule in document.rules if rule.limit} if document else set()
    for rule_id in used.keys() - known:
        fail(f"--used: app {app_id} has no rule {rule_id} with a limit", BAD_INPUT)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path}: {str(error.strerror).lower()}", BAD_INPUT)


def _load(policy: Path) -> Policy:
    try:
        return load_policy(policy)
    except PolicyError as error:
        _fail_for_policy(policy, error)


def _fail_for_policy(policy: Path, error: PolicyError) -> NoReturn:
    count = len(error.problems)
    fail(f"{error}\n{policy}: cannot be used, {count} problem{'s' if count > 1 else ''}", BAD_INPUT)


if __name__ == "__main__":
    main(prog_name="decider")
