"""What becomes of webhooks when far more come than the pair can decide: adapter and decider on loopback, open loop.

.venv/bin/python benchmarks/overload.py [--seconds 10] [--factors 1 2 5 10] [--new-connections] [--rate N]

First the most verdicts a second that 32 busy connections get: 1x. Then, for each factor, arrivals at that many times
the rate, from processes of their own and whether or not earlier ones were answered; and at once after them three
seconds at half of what the pair can do, to see how soon every webhook gets its verdict again.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from adapter.signature import sign
from adapter.vendor.query import COMMAND, Query, write_query

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from crowd import Answer, Crowd, arrivals  # noqa: E402

APP, TOKEN = "1400000000", "benchmark-token"
SENDERS = 2
AFTER = 3.0  # seconds
NAMES = ("Board games on Friday", "Sunday photo walk by the river", "周末爬山", "Café morning", "Free crypto giveaway")


def webhooks(name: str) -> Callable[[], bytes]:
    """Signed webhooks, each of another operator."""
    numbers = count()
    query = ("", "")
    fields = {"CallbackCommand": COMMAND, "GroupId": "@TGS#_@TGS#cQVLVHIM62CJ", "Type": "Community"}
    bodies = [json.dumps({**fields, "Operator_Account": "%s_%d", "Name": topic}) for topic in NAMES]

    def make() -> bytes:
        nonlocal query
        second, number = str(int(time.time())), next(numbers)
        if query[0] != second:
            given = Query(COMMAND, APP, "192.0.2.1", "Android", sign(TOKEN, second), second)
            query = (second, write_query(given))
        body = bodies[number % len(bodies)] % (name, number)
        head = f"POST /?{query[1]} HTTP/1.1\r\nHost: adapter\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    return make


def crowd(port: int, number: int, run: int, reuse: bool) -> Crowd:
    """One process' share of the vendor, with addresses of its own."""
    source = f"127.{run % 200 + 1}.{number}.1"
    return Crowd(("127.0.0.1", port), webhooks(f"r{run}n{number}"), reuse, source)


def send(
    port: int, number: int, run: int, reuse: bool, start: float, phases: Sequence[tuple[float, float]]
) -> list[Answer]:
    """Send phases of (rate, seconds) one after the other, this process' share of each."""
    chance = random.Random(1000 * run + number)
    times: list[float] = []
    for rate, seconds in phases:
        times += arrivals(start, rate / SENDERS, seconds, chance.expovariate)
        start += seconds
    return crowd(port, number, run, reuse).send_when_due(times)


def saturate(port: int, number: int, run: int, reuse: bool, until: float) -> list[Answer]:
    """Keep this process' share of 32 connections busy."""
    return crowd(port, number, run, reuse).send_when_answered(32 // SENDERS, until)


def is_verdict(answer: Answer) -> bool:
    """Whether it came within two seconds and the policy gave it: `on_failure` is refuse, which has code 1."""
    return answer.code is not None and answer.code != 1 and answer.took <= 2


def show(title: str, answers: Sequence[Answer], seconds: float) -> float:
    """Print a line about what became of webhooks; return the verdicts a second."""
    took = sorted(answer.took for answer in answers)
    within = {limit: sum(each.code is not None and each.took <= limit for each in answers) for limit in (1.5, 2.0)}
    verdicts = sum(map(is_verdict, answers))
    lag = sorted(answer.sent - answer.due for answer in answers)
    cuts = [took[int(len(took) * share)] for share in (0.5, 0.99)]
    failures = Counter(answer.failure for answer in answers if answer.failure)
    print(
        f"{title:14} {len(answers) / seconds:6.0f}/s | within 1.5 s {within[1.5] / len(answers):7.2%}"
        f" 2 s {within[2.0] / len(answers):7.2%} | verdicts {verdicts / seconds:5.0f}/s"
        f" fallbacks {(within[2.0] - verdicts) / seconds:5.0f}/s"
        f" | p50 {cuts[0] * 1e3:5.0f} p99 {cuts[1] * 1e3:5.0f} max {took[-1] * 1e3:5.0f} ms"
        f" | behind p99 {lag[int(len(lag) * 0.99)] * 1e3:.0f} max {lag[-1] * 1e3:.0f} ms"
        f" | {dict(failures) or 'no failures'}",
        flush=True,
    )
    return verdicts / seconds


def recovery(answers: Sequence[Answer], end: float) -> float:
    """Seconds after the burst until the last webhook that was not given a verdict in time was sent."""
    return max((answer.due - end for answer in answers if not is_verdict(answer)), default=0.0)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(module: str, log: Path, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`adapter serve` or `decider serve`, serving."""
    environment = {key: value for key, value in os.environ.items()}
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", module, "serve"], env={**environment, **settings}, stderr=output
        )
        try:
            for _ in range(600):
                if '"serving"' in log.read_text():
                    break
                if running.poll() is not None:
                    sys.exit(log.read_text())
                time.sleep(0.05)
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def seconds_of_cpu(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--factors", type=float, nargs="*", default=[1, 2, 5, 10])
    parser.add_argument("--new-connections", action="store_true", help="one for each webhook")
    parser.add_argument("--rate", type=float, help="1x, instead of measuring it")
    given = parser.parse_args()
    reuse = not given.new_connections
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = free_port(), free_port()
        decider_settings = {
            "DECIDER_LISTEN": f"127.0.0.1:{ports[0]}",
            "DECIDER_POLICY": str(ROOT / "decider" / "example"),
            "DECIDER_LIMITS": f"sqlite:///{folder / 'limits.db'}",
            "DECIDER_DRAIN_PAUSE": "0",
        }
        adapter_settings = {
            "ADAPTER_LISTEN": f"127.0.0.1:{ports[1]}",
            "ADAPTER_DECIDER": f"127.0.0.1:{ports[0]}",
            "ADAPTER_APPS": json.dumps({APP: {"tokens": [TOKEN], "on_failure": "refuse"}}),
            "ADAPTER_SIGNATURE_USES": "1000000",
            "ADAPTER_DRAIN_PAUSE": "0",
        }
        pair = [
            stack.enter_context(process("decider", folder / "decider.log", decider_settings)),
            stack.enter_context(process("adapter", folder / "adapter.log", adapter_settings)),
        ]
        senders = stack.enter_context(multiprocessing.get_context("fork").Pool(SENDERS))
        runs = count()

        def measure(work: Callable[..., list[Answer]], *more: object) -> list[Answer]:
            run = next(runs)
            parts = senders.starmap(partial(work), [(ports[1], number, run, reuse, *more) for number in range(SENDERS)])
            return [answer for part in parts for answer in part]

        print(f"others on this machine: load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        measure(saturate, time.monotonic() + 2)
        answers = measure(saturate, time.monotonic() + given.seconds)
        best = show("32 connections", answers, given.seconds)
        rate = given.rate or best
        for factor in given.factors:
            start = time.monotonic() + 0.5
            before = [seconds_of_cpu(each.pid) for each in pair]
            answers = measure(send, start, [(rate * factor, given.seconds), (rate / 2, AFTER)])
            used = [seconds_of_cpu(each.pid) - was for each, was in zip(pair, before, strict=True)]
            end = start + given.seconds
            burst = [answer for answer in answers if answer.due < end]
            goodput = show(f"{factor:g}x", burst, given.seconds)
            after = [answer for answer in answers if answer.due >= end]
            show("  after", after, AFTER)
            print(
                f"  goodput {goodput / best:.0%} of the best, every webhook has its verdict again"
                f" {recovery(after, end):.2f} s after the burst; CPU s of decider and adapter: "
                + ", ".join(f"{each:.1f}" for each in used),
                flush=True,
            )
            time.sleep(1)
        sizes = {log.name: log.stat().st_size for log in folder.glob("*.log")}
        print(f"log bytes: {sizes}")


if __name__ == "__main__":
    main()
