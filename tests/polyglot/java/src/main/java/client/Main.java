package client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import decider.v1.Decider.BatchDecideTopicCreationRequest;
import decider.v1.Decider.DecideTopicCreationRequest;
import decider.v1.Decider.GetPolicyRequest;
import decider.v1.DeciderServiceGrpc;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs conformance cases against a live decider and prints what it saw, one JSON object a line. */
final class Main {
  private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

  private record Endpoint(String address, String ca, String cert, String key) {
    ManagedChannel open(Map<String, ?> serviceConfig) throws IOException {
      ChannelCredentials credentials =
          ca == null
              ? InsecureChannelCredentials.create()
              : DeciderClient.mutualTls(new File(ca), fileOf(cert), fileOf(key));
      return DeciderClient.connect(address, credentials, serviceConfig);
    }

    private static File fileOf(String path) {
      return path == null ? null : new File(path);
    }
  }

  private record Case(String name, String channel, String method, JsonElement request, long deadline_ms) {}

  private record Plan(Map<String, Object> service_config, Map<String, Endpoint> channels, List<Case> cases) {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (arguments[0].equals("ask")) {
      show(out, arguments[1], arguments[2], List.of(arguments).subList(3, arguments.length));
    } else {
      run(out, Path.of(arguments[0]));
    }
  }

  /** Prints what the example in the documentation makes of topics. */
  @SuppressWarnings("unchecked")
  private static void show(PrintStream out, String address, String serviceConfig, List<String> topics)
      throws IOException {
    Map<String, Object> config = JSON.fromJson(serviceConfig, Map.class);
    ManagedChannel channel = new Endpoint(address, null, null, null).open(config);
    for (String topic : topics) {
      out.println(DeciderClient.ask(DeciderServiceGrpc.newBlockingStub(channel), topic, "ask"));
    }
    channel.shutdownNow();
  }

  private static void run(PrintStream out, Path file) throws IOException {
    Plan plan = JSON.fromJson(Files.readString(file), Plan.class);
    Map<String, ManagedChannel> channels = new HashMap<>();
    for (var each : plan.channels.entrySet()) {
      channels.put(each.getKey(), each.getValue().open(plan.service_config));
    }
    for (Case each : plan.cases) {
      long start = System.nanoTime();
      JsonObject seen = outcome(channels.get(each.channel), each);
      seen.addProperty("case", each.name);
      seen.addProperty("milliseconds", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
      out.println(JSON.toJson(seen));
    }
    channels.values().forEach(ManagedChannel::shutdownNow);
  }

  private static JsonObject outcome(ManagedChannel channel, Case each) throws InvalidProtocolBufferException {
    JsonObject seen = new JsonObject();
    try {
      String response = JsonFormat.printer().preservingProtoFieldNames().print(call(channel, each));
      seen.addProperty("status", "OK");
      seen.add("response", JsonParser.parseString(response));
    } catch (StatusRuntimeException error) {
      seen.addProperty("status", error.getStatus().getCode().name());
      seen.addProperty("message", error.getStatus().getDescription());
      seen.add("violations", JSON.toJsonTree(DeciderClient.violations(error).stream().map(Violation::of).toList()));
    }
    return seen;
  }

  private record Violation(String field, String description) {
    static Violation of(com.google.rpc.BadRequest.FieldViolation bad) {
      return new Violation(bad.getField(), bad.getDescription());
    }
  }

  private static Message call(ManagedChannel channel, Case each) throws InvalidProtocolBufferException {
    var stub = DeciderServiceGrpc.newBlockingStub(channel);
    var timed = stub.withDeadlineAfter(each.deadline_ms, TimeUnit.MILLISECONDS);
    return switch (each.method) {
      case "DecideTopicCreation" ->
          DeciderClient.decide(stub, read(each, DecideTopicCreationRequest.newBuilder()).build(), each.deadline_ms);
      case "BatchDecideTopicCreation" ->
          timed.batchDecideTopicCreation(read(each, BatchDecideTopicCreationRequest.newBuilder()).build());
      case "GetPolicy" -> timed.getPolicy(read(each, GetPolicyRequest.newBuilder()).build());
      case "Check" ->
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(each.deadline_ms, TimeUnit.MILLISECONDS)
              .check(read(each, HealthCheckRequest.newBuilder()).build());
      default -> throw new IllegalArgumentException(each.method);
    };
  }

  private static <B extends Message.Builder> B read(Case each, B builder) throws InvalidProtocolBufferException {
    JsonFormat.parser().merge(each.request.toString(), builder);
    return builder;
  }
}
