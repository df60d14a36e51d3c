"""How commands end that could not do what they were asked: a message, and an exit code that says whose turn it is."""

import sys
from typing import NoReturn

import click

FAILED = 1  # what was asked for did not come out well, or something outside is in the way
BAD_INPUT = 2  # what was given cannot be used


def fail(message: str, code: int) -> NoReturn:
    """Print a message and end."""
    click.echo(message, err=True)
    sys.exit(code)
