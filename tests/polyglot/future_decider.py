"""A decider of the future: it answers what the decider of today never does, and counts how often it is asked.

It is a fake because no real decider can be made to answer so. The topic says the answer: the number of a verdict, or
the name of a status.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

# Two fields that the contract does not have: a number as field 100 and a text as field 101.
_NEWER_FIELDS = bytes.fromhex("a00607 aa0603 6e6577")


class FutureDecider(rpc.DeciderServiceServicer):
    """Serves from the start until `close`."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.deadlines: list[float | None] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._say(health_pb2.HealthCheckResponse.SERVING)
        rpc.add_DeciderServiceServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def drain(self) -> None:
        """Say that it is not serving; it still answers those who ask."""
        self._say(health_pb2.HealthCheckResponse.NOT_SERVING)

    def _say(self, status: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        self._health.set("decider.v1.DeciderService", status)

    def close(self) -> None:
        """End it."""
        self._server.stop(None).wait()

    def DecideTopicCreation(
        self, request: pb.DecideTopicCreationRequest, context: grpc.ServicerContext
    ) -> pb.DecideTopicCreationResponse:
        self.asked[request.topic_name] += 1
        self.deadlines.append(context.time_remaining())
        if not request.topic_name.isdecimal():
            context.abort(grpc.StatusCode[request.topic_name], "as you asked")
        known = pb.DecideTopicCreationResponse(code=10100, message="text", decision_id="x").SerializeToString()
        verdict = bytes([0x08, int(request.topic_name)])  # field 1; an enum of today would not take every number
        return pb.DecideTopicCreationResponse.FromString(verdict + known + _NEWER_FIELDS)
