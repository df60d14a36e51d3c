"""The support desk, `decider limits`: looks at one counter of a store, or forgets it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from google.protobuf.json_format import MessageToJson

from decider import messages
from decider.exits import BAD_INPUT, FAILED, fail
from decider.explain import usage_in_words
from decider.limits.ledger import Space, counter_of
from decider.limits.open import open_store
from decider.limits.store import Counter, Store, StoreError
from decider.limits.url import File, Memory, parse_url, without_password
from decider.policy.course import LimitOutcome
from decider.policy.limit import Claim, Terms
from decider.policy.loader import load_policy
from decider.policy.problem import PolicyError
from decider.settings import Settings

_STORE = str(Settings.model_fields["limits"].default)
_PATIENCE = 5.0  # seconds; somebody at a terminal can wait


@click.group()
def limits() -> None:
    """See or forget how far the limits of rules are used."""


def _take_secret(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
    """Have the store of the folder of secrets for want of another, as the decider has."""
    if folder and (secret := folder / "decider_limits").is_file():
        context.default_map = {"store": secret.read_text("utf-8").strip()}


def _one_limit(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name one limit in one store."""
    for option in (
        click.option("--candidate", is_flag=True, help="What it counts as the candidate policy, apart."),
        click.option("--store", envvar="DECIDER_LIMITS", show_envvar=True, default=_STORE, show_default=True),
        click.option(
            "--secrets-dir",
            envvar="DECIDER_SECRETS_DIR",
            show_envvar=True,
            type=click.Path(path_type=Path),
            callback=_take_secret,
            expose_value=False,
            is_eager=True,
            help="A folder whose file decider_limits names the store.",
        ),
        click.option(
            "--policy", envvar="DECIDER_POLICY", show_envvar=True, required=True, type=click.Path(path_type=Path)
        ),
        click.option("--key", required=True, multiple=True, help="What the rule counts by; several in their order."),
        click.option("--rule", "rule_id", required=True, help="The rule's id."),
        click.option("--app", "app_id", required=True, type=click.IntRange(1), help="The SDKAppID."),
    ):
        command = option(command)
    return command


@limits.command("show")
@_one_limit
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, in the contract's form.")
def show(
    app_id: int, rule_id: str, key: Sequence[str], policy: Path, store: str, candidate: bool, as_json: bool
) -> None:
    """Say how far a limit is used, and when the next one is free."""
    counter, shadow = _counter(policy, app_id, rule_id, key, candidate)
    with _opened(store) as opened:
        usage = opened.settle([counter], None, take=False, deadline=time.monotonic() + _PATIENCE).usages[0]
    found = LimitOutcome(rule_id, shadow, Terms(counter.count, counter.per), usage)
    shown = messages.limit_usage(found, datetime.now(UTC))
    click.echo(MessageToJson(shown, preserving_proto_field_name=True) if as_json else usage_in_words(shown))


@limits.command("reset")
@_one_limit
def reset(app_id: int, rule_id: str, key: Sequence[str], policy: Path, store: str, candidate: bool) -> None:
    """Forget who was admitted, so that the whole count is free again."""
    counter, _ = _counter(policy, app_id, rule_id, key, candidate)
    with _opened(store) as opened:
        click.echo(f"forgotten: {opened.reset(counter.key, time.monotonic() + _PATIENCE)}")


def _counter(path: Path, app_id: int, rule_id: str, key: Sequence[str], candidate: bool) -> tuple[Counter, bool]:
    """The counter of a rule's limit under a key, and whether the rule is in shadow."""
    try:
        document = load_policy(path).document_for(app_id)
    except PolicyError as error:
        fail(str(error), BAD_INPUT)
    rules = [rule for rule in document.rules if rule.limit] if document else []
    rule = next((rule for rule in rules if rule.id == rule_id), None)
    if rule is None or rule.limit is None:
        known = ", ".join(each.id for each in rules) or "none"
        fail(f"app {app_id} has no rule {rule_id} with a limit; those with one: {known}", BAD_INPUT)
    if all(each.is_one_text for each in rule.limit.keys) and len(key) != len(rule.limit.keys):
        by = ", ".join(each.text for each in rule.limit.keys)
        fail(f"rule {rule_id} counts by {by}: give --key {len(rule.limit.keys)} times, not {len(key)}", BAD_INPUT)
    space = Space.CANDIDATE if candidate else Space.ACTIVE
    return counter_of(app_id, Claim(rule.id, key, rule.limit.terms, rule.shadow), space), rule.shadow


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    try:
        place = parse_url(url)
        store = open_store(url, timeout=_PATIENCE, workers=1)
    except ValueError as error:
        fail(f"--store {error}", BAD_INPUT)
    if isinstance(place, Memory) or (isinstance(place, File) and not place.path.exists()):
        fail(f"--store {url}: there is nothing in it that another process could see", BAD_INPUT)
    try:
        yield store
    except StoreError as error:
        fail(f"{without_password(url)}: {error}", FAILED)
    finally:
        store.close()
