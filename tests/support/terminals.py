"""What a terminal shows: characters that it would obey, or show out of order, must not reach it."""

import os
import pty
import subprocess
from collections.abc import Sequence

from processes import ROOT, TIMEOUT

# Colours are ours; everything else that begins with an escape is not.
COLOURS = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m"]
# Clears the screen, sets its title, begins a line anew, rings, deletes, turns text around, is invisible, ends a line.
EVIL = "x\x1b[2Jy \x1b]0;title\x07 \r\x08\x7f\x9b31m\u202eeman\u2066\u200b\u2028\u0085\nfaked=1"


def on_a_terminal(command: Sequence[str], **environment: str) -> str:
    """What a program writes to standard error where that is a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        try:
            process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=theirs)
        finally:
            os.close(theirs)
        shown = b""
        while chunk := _read(screen.fileno()):
            shown += chunk
        assert process.wait(TIMEOUT) == 0, shown
    return shown.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def unprintable(shown: str) -> set[str]:
    """The characters in it that a terminal would do something else with than show them, our colours aside."""
    for colour in COLOURS:
        shown = shown.replace(colour, "")
    return {each for each in shown if not each.isprintable()} - {"\n"}
