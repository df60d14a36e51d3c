"""Runs conformance cases against a live decider and prints what it saw, one JSON object a line."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from decider_client import ask, ask_all, connect, decide, mutual_tls, violations
from google.protobuf import json_format
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc

Json = Mapping[str, Any]


def open_channel(channel: Json, service_config: object) -> grpc.Channel:
    if "ca" not in channel:
        return connect(channel["address"], service_config)
    credentials = mutual_tls(channel["ca"], channel.get("cert", ""), channel.get("key", ""))
    return connect(channel["address"], service_config, credentials)


def call(channel: grpc.Channel, method: str, request: Json, timeout: float) -> Message:
    stub = rpc.DeciderServiceStub(channel)
    calls: dict[str, tuple[type[Message], Callable[..., Message]]] = {
        "DecideTopicCreation": (
            pb.DecideTopicCreationRequest,
            lambda message, timeout: decide(stub, message, timeout),
        ),
        "BatchDecideTopicCreation": (pb.BatchDecideTopicCreationRequest, stub.BatchDecideTopicCreation),
        "GetPolicy": (pb.GetPolicyRequest, stub.GetPolicy),
        "Check": (health_pb2.HealthCheckRequest, health_pb2_grpc.HealthStub(channel).Check),
    }
    kind, send = calls[method]
    return send(json_format.ParseDict(request, kind()), timeout=timeout)


def outcome(channel: grpc.Channel, case: Json) -> Json:
    try:
        response = call(channel, case["method"], case["request"], case["deadline_ms"] / 1000)
    except grpc.RpcError as error:
        bad = [{"field": each.field, "description": each.description} for each in violations(error)]
        return {"status": error.code().name, "message": error.details(), "violations": bad}
    return {"status": "OK", "response": json_format.MessageToDict(response, preserving_proto_field_name=True)}


def show(address: str, service_config: str, *topics: str) -> None:
    """Print what the example in the documentation makes of topics."""
    stub = rpc.DeciderServiceStub(connect(address, json.loads(service_config)))
    for topic in topics:
        print(ask(stub, topic, "ask"))


def show_all(address: str, service_config: str, *topics: str) -> None:
    """The same of all topics in one call."""
    requests = [
        pb.DecideTopicCreationRequest(app_id=1400000000, operator_user_id="user_42", topic_name=topic)
        for topic in topics
    ]
    print(*ask_all(rpc.DeciderServiceStub(connect(address, json.loads(service_config))), requests), sep="\n")


def main() -> None:
    if sys.argv[1] == "ask":
        return show(*sys.argv[2:])
    if sys.argv[1] == "ask-all":
        return show_all(*sys.argv[2:])
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    channels = {name: open_channel(each, plan["service_config"]) for name, each in plan["channels"].items()}
    for case in plan["cases"]:
        start = time.monotonic()
        seen = outcome(channels[case["channel"]], case)
        milliseconds = round((time.monotonic() - start) * 1000)
        print(json.dumps({"case": case["name"], **seen, "milliseconds": milliseconds}))


main()
