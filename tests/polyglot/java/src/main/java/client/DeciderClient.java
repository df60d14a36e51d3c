package client;

// docs: begin imports
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import decider.v1.Decider.DecideTopicCreationRequest;
import decider.v1.Decider.DecideTopicCreationResponse;
import decider.v1.DeciderServiceGrpc.DeciderServiceBlockingStub;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
// docs: end imports

/** A caller of the decider, as short as it should be. */
final class DeciderClient {
  private DeciderClient() {}

  // docs: begin connect
  /** Opens the one channel that the process shares. */
  static ManagedChannel connect(String target, ChannelCredentials credentials, Map<String, ?> serviceConfig) {
    return Grpc.newChannelBuilder(target, credentials) // InsecureChannelCredentials.create(): plaintext
        .defaultServiceConfig(serviceConfig) // the JSON above
        .keepAliveTime(10, TimeUnit.SECONDS)
        .keepAliveTimeout(2, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true)
        .build();
  }

  // docs: end connect

  // docs: begin tls
  /** Trusts the deciders' CA and shows a certificate of the caller's own; without one it is plain TLS. */
  static ChannelCredentials mutualTls(File ca, File cert, File key) throws IOException {
    TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder().trustManager(ca);
    return (cert == null ? builder : builder.keyManager(cert, key)).build();
  }

  // docs: end tls

  // docs: begin call
  /** Returns the decision. The exception says that there is none: what then is the caller's choice. */
  static DecideTopicCreationResponse decide(
      DeciderServiceBlockingStub stub, DecideTopicCreationRequest request, long milliseconds)
      throws StatusRuntimeException {
    return stub.withDeadlineAfter(milliseconds, TimeUnit.MILLISECONDS) // the retries are within it
        .decideTopicCreation(request);
  }

  /** The fields that make a request an INVALID_ARGUMENT. */
  static List<BadRequest.FieldViolation> violations(StatusRuntimeException error)
      throws InvalidProtocolBufferException {
    for (var detail : StatusProto.fromThrowable(error).getDetailsList()) {
      if (detail.is(BadRequest.class)) {
        return detail.unpack(BadRequest.class).getFieldViolationsList();
      }
    }
    return List.of();
  }

  // docs: end call

  // docs: begin ask
  static String ask(DeciderServiceBlockingStub stub, String topic, String requestId) throws IOException {
    DecideTopicCreationRequest request =
        DecideTopicCreationRequest.newBuilder()
            .setAppId(1400000000)
            .setOperatorUserId("user_42")
            .setTopicName(topic)
            .setRequestId(requestId) // your own id of the event: the same when you ask again
            .build();
    try {
      DecideTopicCreationResponse decision = decide(stub, request, 500);
      return switch (decision.getVerdict()) {
        case VERDICT_ALLOW -> "allowed";
        case VERDICT_REFUSE -> "refused: " + decision.getCode() + " " + decision.getMessage();
        // One that this program does not know.
        default -> "could not decide: verdict " + decision.getVerdictValue();
      };
    } catch (StatusRuntimeException error) {
      StringBuilder line = new StringBuilder("could not decide: ").append(error.getStatus().getCode());
      for (var bad : violations(error)) {
        line.append(", ").append(bad.getField()).append(" ").append(bad.getDescription());
      }
      return line.toString();
    }
  }
  // docs: end ask
}
