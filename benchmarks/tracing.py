"""What tracing costs a decision: off, on with one call in a hundred sampled, and with every one.

.venv/bin/python benchmarks/tracing.py [--starts 10] [--rounds 4] [--calls 250] [--before FOLDER]

A decider for each, all of them up at once, asked in turns over gRPC, one call after the other, by the example policy,
with its limit in memory. A collector takes the spans. FOLDER is a checkout of another revision, to compare with, off.
They are started anew again and again, for the same program runs a few per cent faster or slower from start to start.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as collecting

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

_ROOT = Path(__file__).parents[1]
_EXAMPLE = _ROOT / "decider" / "example"
_SHARES = (0.0, 0.01, 1.0)


class _Sink(collecting.TraceServiceServicer):
    """Takes spans and forgets them."""

    def Export(
        self, request: otlp.ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> otlp.ExportTraceServiceResponse:
        return otlp.ExportTraceServiceResponse()


@dataclass
class Subject:
    """One way to run a decider, and what its calls took, in seconds of the clock and of the processor."""

    name: str
    folder: Path
    settings: Mapping[str, str]
    taken: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def start(self) -> "Running":
        """Start a decider this way."""
        environment = {
            "PYTHONPATH": str(self.folder),
            "DECIDER_LISTEN": "127.0.0.1:0",
            "DECIDER_POLICY": str(_EXAMPLE),
            "DECIDER_LIMITS": "memory://",
            "DECIDER_DRAIN_PAUSE": "0",
            **self.settings,
        }
        command = [sys.executable, "-m", "decider", "serve"]
        process = subprocess.Popen(command, cwd=self.folder, env=environment, stderr=subprocess.PIPE, text=True)
        assert process.stderr
        line = process.stderr.readline()
        if '"serving"' not in line:
            sys.exit(f"the decider did not start: {line}")
        address = line.partition('"listen": "')[2].partition('"')[0]
        return Running(self, process, grpc.insecure_channel(address))


@dataclass
class Running:
    """A decider that serves."""

    subject: Subject
    process: subprocess.Popen[str]
    channel: grpc.Channel

    def ask(self, calls: int) -> None:
        """Ask for so many decisions, one after the other."""
        decide = rpc.DeciderServiceStub(self.channel).DecideTopicCreation
        before = _processor_time(self.process.pid)
        for number in range(calls):
            asked = pb.DecideTopicCreationRequest(
                app_id=1, operator_user_id=f"user_{number}", topic_name="Chess club on Friday", dry_run=True
            )
            began = time.perf_counter()
            decide(asked, timeout=5)
            self.subject.taken.append(time.perf_counter() - began)
        self.subject.worked.append((_processor_time(self.process.pid) - before) / calls)

    def end(self) -> None:
        """End it."""
        self.channel.close()
        self.process.terminate()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


def _processor_time(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _measure(subjects: Sequence[Subject], rounds: int, calls: int) -> None:
    running: list[Running] = []
    try:
        running += [subject.start() for subject in subjects]
        for each in running:  # to warm up
            each.ask(calls)
            del each.subject.taken[-calls:], each.subject.worked[-1:]
        for _ in range(rounds):
            for each in running:
                each.ask(calls)
    finally:
        for each in running:
            each.end()


def _report(subjects: Sequence[Subject]) -> None:
    first = subjects[0]
    for each in subjects:
        p50, p99 = statistics.median(each.taken), statistics.quantiles(each.taken, n=100)[98]
        worked = statistics.fmean(each.worked)
        ratios = p50 / statistics.median(first.taken), worked / statistics.fmean(first.worked)
        print(
            f"{each.name:>12}: p50 {p50 * 1e3:.3f} ms ({ratios[0]:.2f}), p99 {p99 * 1e3:.2f} ms, "
            f"processor {worked * 1e6:.0f} µs a call ({ratios[1]:.2f})"
        )


def main() -> None:
    """Measure all of them in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--calls", type=int, default=250)
    parser.add_argument("--before", type=Path)
    given = parser.parse_args()
    server = grpc.server(ThreadPoolExecutor(2))
    collecting.add_TraceServiceServicer_to_server(_Sink(), server)  # type: ignore[no-untyped-call]
    endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    on = {"DECIDER_TRACING": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    subjects = [Subject("before", given.before.resolve(), {})] if given.before else []
    subjects.append(Subject("off", _ROOT, {}))
    for share in _SHARES:
        subjects.append(Subject(f"{share:.0%} sampled", _ROOT, {**on, "DECIDER_TRACING_SAMPLE": str(share)}))
    for number in range(given.starts):
        turned = number % len(subjects)
        _measure(subjects[turned:] + subjects[:turned], given.rounds, given.calls)
    _report(subjects)
    server.stop(0)


if __name__ == "__main__":
    main()
