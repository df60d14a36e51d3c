"""The real Envoy with the project's configuration: other ports, and a name server of the test's own; nothing else."""

from pathlib import Path
from typing import Any

from name_server import NameServer
from processes import ROOT, Program, free_port
from programs import path_of
from ruamel.yaml import YAML

CONFIGURATION = ROOT / "deploy" / "envoy" / "envoy.yaml"


class Envoy:
    """An Envoy that runs; callers reach it on `address`."""

    def __init__(self, folder: Path, names: NameServer, name: str, port: int) -> None:
        """It asks the deciders on a port of every address behind a name."""
        own = free_port()
        self.address = f"127.0.0.1:{own}"
        config = YAML(typ="safe").load(CONFIGURATION)
        config["admin"]["address"]["socket_address"]["port_value"] = free_port()
        static = config["static_resources"]
        static["listeners"][0]["address"]["socket_address"]["port_value"] = own
        cluster = static["clusters"][0]
        (endpoint,) = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
        endpoint["endpoint"]["address"]["socket_address"] = {"address": name, "port_value": port}
        cluster["typed_dns_resolver_config"] = _resolver(names)
        path = folder / "envoy.yaml"
        with path.open("w") as file:
            YAML(typ="safe").dump(config, file)
        # Without hot restart there is nothing that two Envoys on a machine could share.
        options = ("--config-path", str(path), "--concurrency", "1", "--disable-hot-restart")
        self.program = Program(path_of("envoy"), *options).wait_for("starting workers")

    def end(self) -> None:
        """End it."""
        self.program.end()


def _resolver(names: NameServer) -> dict[str, Any]:
    kind = "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"
    server = {"socket_address": {"address": "127.0.0.1", "port_value": names.port}}
    return {
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": {"@type": kind, "resolvers": [server]},
    }
