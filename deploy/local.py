"""`make run`: decider and adapter on this machine, with the example policy, until Ctrl-C or SIGTERM.

Every setting comes from the environment; what it does not set is set here for a first look.
"""

import os
import signal
import socket
import subprocess  # nosec B404  # this interpreter, without a shell
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_APP, _TOKEN = "1400000000", "local-demo-token"
_READY_WITHIN = 60.0  # seconds
_END_WITHIN = 15.0
_DEFAULTS = {
    "DECIDER_LISTEN": "127.0.0.1:50051",
    "DECIDER_POLICY": str(_ROOT / "decider" / "example"),
    "DECIDER_JOURNAL": str(_ROOT / "build" / "journal.jsonl"),
    "DECIDER_LIMITS": f"sqlite:///{_ROOT / 'build' / 'limits.db'}",
    "DECIDER_DRAIN_PAUSE": "0",
    "ADAPTER_LISTEN": "127.0.0.1:8080",
    "ADAPTER_DRAIN_PAUSE": "0",
    "ADAPTER_APPS": f'{{"{_APP}": {{"tokens": ["{_TOKEN}"], "on_failure": "allow"}}}}',
}


class Stop:
    """Whether somebody asked for the end."""

    asked = False

    def ask(self, number: int, frame: object) -> None:
        """Handle a signal: remember it, and nothing else."""
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Wait, and say whether somebody asked for the end by then."""
        time.sleep(0 if self.asked else seconds)
        return self.asked


def main() -> int:
    """Run both services; the exit code is 0 after a signal, else that of the service that ended by itself."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop.ask)
    settings = _settings(os.environ)
    (_ROOT / "build").mkdir(exist_ok=True)
    services: list[subprocess.Popen[bytes]] = []
    try:
        for name in ("decider", "adapter"):
            _refuse_if_taken(f"{name.upper()}_LISTEN", settings)
            services.append(_start(name, settings))
            if not _is_ready(services[-1], settings[f"{name.upper()}_LISTEN"], stop):
                return 0 if stop.asked else services[-1].poll() or 1
        print(_welcome(settings), flush=True)
        return _run(services, stop)
    finally:
        _end(services)


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    given = {name: value for name, value in environment.items() if value}
    settings = {**_DEFAULTS, **given}
    return {"ADAPTER_DECIDER": settings["DECIDER_LISTEN"], **settings}


def _start(name: str, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process alone, which then ends each service once, in order.
    command = (sys.executable, "-m", name, "serve")  # no part of it is given, and there is no shell
    return subprocess.Popen(command, env=dict(settings), start_new_session=True)  # nosec


def _refuse_if_taken(variable: str, settings: Mapping[str, str]) -> None:
    """A server of somebody else on the port must not pass for ours."""
    with socket.socket(socket.AF_INET6 if "[" in settings[variable] else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(_host_port(settings[variable]))
        except OSError as error:
            sys.exit(f"{variable} {settings[variable]}: {str(error.strerror).lower()}")


def _is_ready(service: subprocess.Popen[bytes], address: str, stop: Stop) -> bool:
    """Wait until the service listens; False if it ended, was told to or took too long."""
    deadline = time.monotonic() + _READY_WITHIN
    while service.poll() is None and time.monotonic() < deadline and not stop.wait(0.05):
        with suppress(OSError):
            socket.create_connection(_host_port(address), timeout=1).close()
            return True
    return False


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        sys.exit(f"{address} is not host:port with a port from 1 to 65535")
    return host.strip("[]"), int(port)


def _run(services: Sequence[subprocess.Popen[bytes]], stop: Stop) -> int:
    while not stop.wait(0.2):
        for service in services:
            if service.poll() is not None:
                return service.returncode or 1
    return 0


def _end(services: Sequence[subprocess.Popen[bytes]]) -> None:
    """End the adapter first, so that it can still answer with verdicts what it has accepted."""
    for service in reversed(services):
        service.terminate()
        try:
            service.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def _welcome(settings: Mapping[str, str]) -> str:
    own = settings["ADAPTER_APPS"] != _DEFAULTS["ADAPTER_APPS"]
    app, token = ("YOUR_APP", "YOUR_TOKEN") if own else (_APP, _TOKEN)
    python = os.path.relpath(sys.executable)
    send = f"{python} -m adapter send http://{settings['ADAPTER_LISTEN']}{settings.get('ADAPTER_PATH', '/')}"
    return "\n".join(
        [
            "",
            "Both are serving. Paste these into another terminal in this folder, and be the vendor:",
            "",
            f'  {send} --app {app} --token {token} --operator user_42 --name "Board games on Friday"',
            f'  {send} --app {app} --token {token} --operator user_42 --name "Free crypto giveaway"',
            "",
            f"The policy that decides: {os.path.relpath(settings['DECIDER_POLICY'])}",
            f"Every decision, one a line: {settings['DECIDER_JOURNAL']}",
            "Ctrl-C ends both.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
