"""A decider in a process of its own, so that a test can pause it: serves on the port given until stdin ends."""

import sys

from conftest import DeciderServer

server = DeciderServer(port=int(sys.argv[1]))
print(server.port, flush=True)
sys.stdin.read()
server.stop()
