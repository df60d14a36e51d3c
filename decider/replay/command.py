"""The command `decider replay`: a progress bar, a report, a gate."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from decider.exits import BAD_INPUT, FAILED, fail
from decider.policy.loader import load_policy
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError
from decider.replay.differences import Differences
from decider.replay.journals import Journals
from decider.replay.report import Report
from decider.requests import RequestError


@click.command()
@click.option("--policy", required=True, type=click.Path(path_type=Path), help="The policy to decide by.")
@click.argument("journals", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Of each kind of change.")
@click.option(
    "--most-turned", type=click.FloatRange(0, 100), default=100, help="Fail over this percentage of verdicts."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def replay(policy: Path, journals: Sequence[Path], examples: int, most_turned: float, as_json: bool) -> None:
    """Decide again, by --policy, what JOURNALS say was decided, in order and each at its own time.

    Give the files oldest first. Ends with exit code 1 if more verdicts turn than --most-turned says, with 2 if the
    policy or a journal cannot be used.
    """
    report = Report(Journals(list(journals)), Differences(_load(policy), examples))
    size = sum(path.stat().st_size for path in journals)
    with click.progressbar(length=size, label="replaying", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        report.journals.passed = bar.update
        try:
            report.differences.replay(report.journals)
        except (RequestError, OSError) as error:
            fail(str(error), BAD_INPUT)
    click.echo(report.json() if as_json else report.text())
    if report.turned > most_turned:
        fail(f"more than the {most_turned:g}% of verdicts that may turn", FAILED)


def _load(path: Path) -> Policy:
    try:
        return load_policy(path)
    except PolicyError as error:
        fail(str(error), BAD_INPUT)
