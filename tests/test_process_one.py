"""What a container's process 1 makes of SIGTERM, which does nothing to it unless it says what it should."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from processes import Program, eventually
from programs import path_of


@pytest.mark.parametrize("service", ["adapter", "decider"])
def test_a_service_that_is_asked_to_end_before_it_has_begun_does_so_at_once(service: str) -> None:
    alone = (path_of("unshare"), "--pid", "--fork", "--kill-child")
    program = Program(*alone, sys.executable, "-m", service, "serve", settings={"DECIDER_POLICY": "nowhere"})
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children")

    def asked() -> bool:
        # Again and again: in its very first moments it is Python that is not listening yet.
        with suppress(OSError):  # it has ended meanwhile
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGTERM)
        return program.exit_code is not None

    try:
        eventually(asked, "its end")
        assert program.exit_code == 128 + signal.SIGTERM, program.output
    finally:
        program.end()
