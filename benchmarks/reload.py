"""Latency around the reload of a policy with 100,000 words, under load, through the real service.

.venv/bin/python benchmarks/reload.py [--words 100000] [--rate 200] [--seconds 10]
"""

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import grpc

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write_policy(folder: Path, words: int) -> None:
    """A policy with that many random words, and as many other words to come."""
    source = random.Random(words)
    for file in ("words.txt", "next.txt"):
        entries = {"".join(source.choices(LETTERS, k=source.randint(6, 12))) for _ in range(words)}
        (folder / file).write_text("\n".join(sorted(entries)))
    (folder / "policy.yaml").write_text(
        "version: 1\nlists:\n  words: {kind: words, file: words.txt}\nrules:\n"
        "  - {id: words, when: '\"words\" in name.lists', refuse: {}}\n"
    )


def call_at_rate(address: str, rate: float, seconds: float) -> list[tuple[float, float, str]]:
    """Time, latency from the planned moment, and revision of calls that do not wait for one another's answers."""
    done: list[tuple[float, float, str]] = []
    count = int(rate * seconds)
    finished = threading.Semaphore(0)
    with grpc.insecure_channel(address) as channel:
        stub = rpc.DeciderServiceStub(channel)
        start = time.perf_counter() + 0.2
        for number in range(count):
            planned = start + number / rate
            time.sleep(max(0.0, planned - time.perf_counter()))
            request = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="a", topic_name=f"Board games {number}")
            call = stub.DecideTopicCreation.future(request, timeout=10)

            def on_done(call: "grpc.Future[pb.DecideTopicCreationResponse]", planned: float = planned) -> None:
                done.append((planned, time.perf_counter() - planned, call.result().policy_revision))
                finished.release()

            call.add_done_callback(on_done)
        for _ in range(count):
            assert finished.acquire(timeout=20)
    return sorted(done)


def show(title: str, latencies: list[float]) -> None:
    """Print percentiles in ms."""
    cuts = statistics.quantiles(latencies, n=1000, method="inclusive")
    p50, p99, p999, most = (value * 1e3 for value in (cuts[499], cuts[989], cuts[998], max(latencies)))
    count = f"{len(latencies):6,} calls"
    print(f"{title:32} {count}   p50 {p50:6.2f}   p99 {p99:6.2f}   p99.9 {p999:6.2f}   max {most:6.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_policy(folder, given.words)
        settings = {**os.environ, "DECIDER_LISTEN": address, "DECIDER_POLICY": name, "DECIDER_RELOAD_INTERVAL": "0.5"}
        with subprocess.Popen([sys.executable, "-m", "decider", "serve"], env=settings) as decider:
            try:
                with grpc.insecure_channel(address) as channel:
                    while not _serves(channel):
                        time.sleep(0.1)
                threading.Timer(given.seconds / 3, os.replace, (folder / "next.txt", folder / "words.txt")).start()
                calls = call_at_rate(address, given.rate, given.seconds)
            finally:
                decider.terminate()
    swap = next(index for index, (_, _, revision) in enumerate(calls) if revision != calls[0][2])
    moment = calls[swap][0]
    near = [latency for planned, latency, _ in calls if moment - 3 < planned < moment + 1]
    far = [latency for planned, latency, _ in calls if not moment - 3 < planned < moment + 1]
    show("away from the reload", far)
    show("3 s before to 1 s after the swap", near)


def _serves(channel: grpc.Channel) -> bool:
    try:
        rpc.DeciderServiceStub(channel).GetPolicy(pb.GetPolicyRequest(), timeout=5)
    except grpc.RpcError:
        return False
    return True


if __name__ == "__main__":
    main()
