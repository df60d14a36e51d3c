"""The shortest caller there is."""

# docs: begin shortest
import grpc

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2

with grpc.insecure_channel("127.0.0.1:50051") as channel:
    request = pb.DecideTopicCreationRequest(app_id=1400000000, operator_user_id="user_42", topic_name="Chess club")
    try:
        decision = rpc.DeciderServiceStub(channel).DecideTopicCreation(request, timeout=0.5)
    except grpc.RpcError as error:
        print("could not decide:", error.code().name, error.details())
    else:
        print(policy_pb2.Verdict.Name(decision.verdict), decision.code, decision.message)
# docs: end shortest
