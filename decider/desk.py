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
from decider.limits.ledger import counter_key
from decider.limits.open import open_store
from decider.limits.store import Counter, Store, StoreError
from decider.limits.url import without_password
from decider.policy.course import LimitOutcome
from decider.policy.limit import Terms
from decider.policy.loader import load_policy
from decider.policy.problem import PolicyError

_PATIENCE = 5.0  # seconds; somebody at a terminal can wait


@click.group()
def limits() -> None:
    """See or forget how far the limits of rules are used."""


def _one_limit(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name one limit in one store."""
    for option in (
        click.option("--store", envvar="DECIDER_LIMITS", required=True, help="Without it: DECIDER_LIMITS."),
        click.option("--policy", envvar="DECIDER_POLICY", required=True, type=click.Path(path_type=Path)),
        click.option("--key", required=True, multiple=True, help="What the rule counts by; several in their order."),
        click.option("--rule", "rule_id", required=True, help="The rule's id."),
        click.option("--app", "app_id", required=True, type=click.IntRange(1), help="The SDKAppID."),
    ):
        command = option(command)
    return command


@limits.command("show")
@_one_limit
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, in the contract's form.")
def show(app_id: int, rule_id: str, key: Sequence[str], policy: Path, store: str, as_json: bool) -> None:
    """Say how far a limit is used, and when the next one is free."""
    counter, shadow = _counter(policy, app_id, rule_id, key)
    with _opened(store) as opened:
        usage = opened.settle([counter], None, take=False, deadline=time.monotonic() + _PATIENCE).usages[0]
    found = LimitOutcome(rule_id, shadow, Terms(counter.count, counter.per), usage)
    shown = messages.limit_usage(found, datetime.now(UTC))
    click.echo(MessageToJson(shown, preserving_proto_field_name=True) if as_json else usage_in_words(shown))


@limits.command("reset")
@_one_limit
def reset(app_id: int, rule_id: str, key: Sequence[str], policy: Path, store: str) -> None:
    """Forget who was admitted, so that the whole count is free again."""
    counter, _ = _counter(policy, app_id, rule_id, key)
    with _opened(store) as opened:
        click.echo(f"forgotten: {opened.reset(counter.key, time.monotonic() + _PATIENCE)}")


def _counter(path: Path, app_id: int, rule_id: str, key: Sequence[str]) -> tuple[Counter, bool]:
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
    terms = rule.limit.terms
    return Counter(counter_key(app_id, rule.id, key, shadow=rule.shadow), terms.count, terms.per), rule.shadow


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    try:
        store = open_store(url, timeout=_PATIENCE, workers=1)
    except ValueError as error:
        fail(f"--store {error}", BAD_INPUT)
    try:
        yield store
    except StoreError as error:
        fail(f"{without_password(url)}: {error}", FAILED)
    finally:
        store.close()
