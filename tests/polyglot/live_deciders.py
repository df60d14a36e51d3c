"""The live deciders that clients ask: in plaintext, by TLS, by mutual TLS, and one that does not answer."""

from pathlib import Path

from certificates import Authority
from conformance import HERE
from processes import Program, free_port

CALLER = "spiffe://polyglot.example/ns/im/sa/caller"


class Deciders:
    """Four deciders with one policy, and the channels by which clients reach them."""

    def __init__(self, folder: Path) -> None:
        authority, other = Authority(), Authority()
        ca, other_ca = (str(each.write(folder, name)) for each, name in ((authority, "ca"), (other, "other-ca")))
        cert, key = map(str, authority.issue("127.0.0.1").write(folder, "decider"))
        tls = {"DECIDER_TLS_CERT": cert, "DECIDER_TLS_KEY": key}
        self._programs: list[Program] = []
        self.plain = self._start()
        own, mutual = self._start(**tls), self._start(**tls, DECIDER_TLS_CLIENT_CA=ca, DECIDER_CALLERS=CALLER)
        frozen = self._start()
        for program in self._programs:
            program.wait_for('"event": "serving"')
        self._programs[-1].pause()

        def caller(signed_by: Authority, name: str, file: str) -> dict[str, str]:
            cert, key = signed_by.issue(name).write(folder, file)
            return {"address": mutual, "ca": ca, "cert": str(cert), "key": str(key)}

        self.channels = {
            "plain": {"address": self.plain},
            "frozen": {"address": frozen},
            "nobody": {"address": f"127.0.0.1:{free_port()}"},
            "tls": {"address": own, "ca": ca},
            "tls-other-ca": {"address": own, "ca": other_ca},
            "tls-other-name": {"address": own.replace("127.0.0.1", "localhost"), "ca": ca},
            "tls-in-plaintext": {"address": own},
            "mtls": caller(authority, CALLER, "caller"),
            "mtls-stranger": caller(authority, "stranger.example", "stranger"),
            "mtls-other-ca": caller(other, CALLER, "impostor"),
            "mtls-without-certificate": {"address": mutual, "ca": ca},
        }

    def _start(self, **settings: str) -> str:
        address = f"127.0.0.1:{free_port()}"
        defaults = {
            "DECIDER_LISTEN": address,
            "DECIDER_POLICY": str(HERE / "policy"),
            "DECIDER_LIMITS": "memory://",
            "DECIDER_DRAIN_PAUSE": "0",
        }
        self._programs.append(Program.module("decider", "serve", **defaults, **settings))
        return address

    def end(self) -> None:
        """End them all."""
        for program in self._programs:
            program.end()
