"""What TLS costs a call: plaintext against mutual TLS, call after call on one connection, and connections made anew.

.venv/bin/python benchmarks/transport.py [--calls 3000] [--connections 300]
"""

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import grpc

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from certificates import Authority

_REQUEST = pb.DecideTopicCreationRequest(app_id=1, operator_user_id="user_42", topic_name="Chess club")
_OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


def start(folder: Path, address: str, settings: Mapping[str, str]) -> subprocess.Popen[str]:
    """A decider with one document and no rule, listening."""
    (folder / "policy.yaml").write_text("version: 1\n")
    environment = {"DECIDER_LISTEN": address, "DECIDER_POLICY": str(folder), "DECIDER_DRAIN_PAUSE": "0", **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "decider", "serve"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    if not any('"event": "serving"' in line for line in process.stderr):
        sys.exit("the decider did not start")
    return process


def times(count: int, work: Callable[[], object]) -> str:
    """Median and 99th percentile of doing something many times, in milliseconds."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return f"p50 {statistics.median(taken) * 1000:.2f} ms, p99 {statistics.quantiles(taken, n=100)[98] * 1000:.2f} ms"


def measure(name: str, connect: Callable[[], grpc.Channel], calls: int, connections: int) -> None:
    """Print what calls and connections take."""

    def ask(channel: grpc.Channel) -> None:
        rpc.DeciderServiceStub(channel).DecideTopicCreation(_REQUEST, timeout=5)

    def ask_anew() -> None:
        with connect() as channel:
            ask(channel)

    with connect() as channel:
        ask(channel)
        print(f"{name}: a call {times(calls, lambda: ask(channel))}")
    print(f"{name}: a new connection and a call {times(connections, ask_anew)}")


def main() -> None:
    """Measure both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, authority = Path(name), Authority()
        cert, key = authority.issue("127.0.0.1").write(folder, "server")
        caller = authority.issue("adapter.im.svc")
        tls = {
            "DECIDER_TLS_CERT": str(cert),
            "DECIDER_TLS_KEY": str(key),
            "DECIDER_TLS_CLIENT_CA": str(authority.write(folder)),
            "DECIDER_CALLERS": "adapter.im.svc",
        }
        own = grpc.ssl_channel_credentials(authority.pem, caller.key, caller.cert)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        connects: dict[str, tuple[Mapping[str, str], Callable[[], grpc.Channel]]] = {
            "plaintext": ({}, lambda: grpc.insecure_channel(address, _OPTIONS)),
            "mutual TLS": (tls, lambda: grpc.secure_channel(address, own, _OPTIONS)),
        }
        for which, (settings, connect) in connects.items():
            process = start(folder, address, settings)
            try:
                measure(which, connect, given.calls, given.connections)
            finally:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
