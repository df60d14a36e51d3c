"""Real Redis servers on free ports: one alone, three as a cluster, one with a Sentinel."""

import signal
from pathlib import Path

import redis
from processes import Program, eventually, free_port
from programs import path_of

SLOTS = 16384


class RedisServer:
    """A server that keeps its data through kill -9: every write is on disk before it is answered."""

    def __init__(self, folder: Path, *options: str, tls: Path | None = None) -> None:
        """With `tls`, a folder with redis.crt, redis.key and ca.crt, it also speaks TLS, on `tls_port`."""
        self.port = free_port()
        if tls:
            self.tls_port = free_port()
            options += ("--tls-port", str(self.tls_port), "--tls-auth-clients", "yes")
            for option, name in (("cert-file", "redis.crt"), ("key-file", "redis.key"), ("ca-cert-file", "ca.crt")):
                options += (f"--tls-{option}", str(tls / name))
        self._folder = folder
        self._options = options
        folder.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start it, again after an end."""
        self.program = Program(
            path_of("redis-server"),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", "always", *self._options),
        )
        eventually(self._answers, f"redis-server on port {self.port}")

    def _answers(self) -> bool:
        assert self.program.exit_code is None, self.program.output
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> "redis.Redis":
        """A client of its own."""
        return redis.Redis("127.0.0.1", self.port, socket_timeout=10)

    def kill(self) -> None:
        """End it as a power failure would."""
        self.program.signal(signal.SIGKILL)
        self.program.wait()
        self.program.end()

    def end(self) -> None:
        """End it for good."""
        self.program.end()

    @property
    def url(self) -> str:
        """What DECIDER_LIMITS takes."""
        return f"redis://127.0.0.1:{self.port}/0"


class RedisClusterServers:
    """Three servers that share the slots."""

    def __init__(self, folder: Path) -> None:
        buses = [free_port() for _ in range(3)]  # by themselves they would be 10,000 above, which may be no port
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port")
        self.nodes = [RedisServer(folder / f"node{bus}", *options, str(bus)) for bus in buses]
        for number, node in enumerate(self.nodes):
            first, last = number * SLOTS // 3, (number + 1) * SLOTS // 3 - 1
            with node.client() as client:
                client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
                client.execute_command("CLUSTER MEET", "127.0.0.1", self.nodes[0].port, buses[0])
        eventually(self._is_whole, "a cluster of three")

    def _is_whole(self) -> bool:
        return all(_sees_three(node) for node in self.nodes)

    def end(self) -> None:
        """End them for good."""
        for node in self.nodes:
            node.end()

    @property
    def url(self) -> str:
        """What DECIDER_LIMITS takes."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)


def _sees_three(node: RedisServer) -> bool:
    with node.client() as client:
        state = client.execute_command("CLUSTER INFO")
        nodes = client.execute_command("CLUSTER NODES")
    return state["cluster_state"] == "ok" and state["cluster_size"] == "3" and len(nodes) == 3


class RedisSentinelServers:
    """One server that a Sentinel knows as `limits`."""

    def __init__(self, folder: Path) -> None:
        self.server = RedisServer(folder / "server")
        self.port = free_port()
        settings = folder / "sentinel.conf"
        settings.write_text(f"port {self.port}\nsentinel monitor limits 127.0.0.1 {self.server.port} 1\n")
        self.program = Program(path_of("redis-server"), str(settings), "--sentinel", "--bind", "127.0.0.1")
        eventually(self._knows, "a Sentinel that knows the server")

    def _knows(self) -> bool:
        try:
            with redis.Redis("127.0.0.1", self.port, socket_timeout=10) as client:
                return bool(client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", "limits"))
        except redis.RedisError:
            return False

    def end(self) -> None:
        """End both for good."""
        self.program.end()
        self.server.end()

    @property
    def url(self) -> str:
        """What DECIDER_LIMITS takes."""
        return f"redis+sentinel://127.0.0.1:{self.port}/limits/0"
