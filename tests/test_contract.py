"""The contract's files, its stubs and its package agree."""

import subprocess
import sys
from pathlib import Path

from decider.v1 import decider_pb2, facts_pb2, policy_pb2, trace_pb2

ROOT = Path(__file__).parents[1]


def test_path_import_and_wire_name_are_one_name() -> None:
    assert decider_pb2.DESCRIPTOR.name == "decider/v1/decider.proto"
    assert decider_pb2.DESCRIPTOR.package == "decider.v1"
    service = decider_pb2.DESCRIPTOR.services_by_name["DeciderService"]
    assert service.methods_by_name["DecideTopicCreation"].full_name == ("decider.v1.DeciderService.DecideTopicCreation")


def test_every_fact_is_of_a_type_that_policies_can_compare() -> None:
    integers = {
        field.full_name: field.type
        for message in facts_pb2.DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
        if field.type in (field.TYPE_UINT32, field.TYPE_UINT64)
    }
    assert not integers, "an unsigned number does not compare with a plain one in CEL"


def test_importing_the_contract_imports_nothing_else_of_the_decider() -> None:
    code = (
        "import sys, decider.v1.decider_pb2_grpc;"
        "print([name for name in sys.modules if name.startswith('decider.') and not name.startswith('decider.v1')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_stub_has_a_proto_and_the_other_way_round() -> None:
    protos = {path.stem for path in (ROOT / "proto" / "decider" / "v1").glob("*.proto")}
    stubs = {path.stem.removesuffix("_pb2") for path in (ROOT / "decider" / "v1").glob("*_pb2.py")}
    assert protos == stubs == {"decider", "facts", "limits", "policy", "trace"}
    assert policy_pb2.DESCRIPTOR.package == trace_pb2.DESCRIPTOR.package == "decider.v1"
