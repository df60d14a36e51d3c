// A caller of the decider, as short as it should be.
// docs: begin imports
import { readFileSync } from "node:fs";
import { type DescMessage, type DescMethodUnary, type MessageShape, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type ChannelCredentials, Client, Metadata, type ServiceError, credentials, status } from "@grpc/grpc-js";
import {
  type DecideTopicCreationRequest,
  DecideTopicCreationRequestSchema,
  type DecideTopicCreationResponse,
  DeciderService,
} from "../gen/decider/v1/decider_pb.js";
import { Verdict } from "../gen/decider/v1/policy_pb.js";
import { type BadRequest_FieldViolation, BadRequestSchema } from "../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";
// docs: end imports

// docs: begin connect
/** Open the one client that the process shares. */
export function connect(target: string, serviceConfig: unknown, creds = credentials.createInsecure()): Client {
  return new Client(target, creds, {
    "grpc.service_config": JSON.stringify(serviceConfig), // the JSON above
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 2_000,
    "grpc.keepalive_permit_without_calls": 1,
  });
}
// docs: end connect

// docs: begin tls
/** Trust the deciders' CA and show a certificate of the caller's own; without one it is plain TLS. */
export function mutualTls(ca: string, cert?: string, key?: string): ChannelCredentials {
  const read = (file?: string) => (file ? readFileSync(file) : null);
  return credentials.createSsl(read(ca), read(key), read(cert));
}
// docs: end tls

// docs: begin call
/** The decision. A ServiceError says that there is none: what then is the caller's choice. */
export function decide(client: Client, request: DecideTopicCreationRequest, timeout: number): Promise<DecideTopicCreationResponse> {
  return call(client, DeciderService.method.decideTopicCreation, request, timeout);
}

/** Any call, within so many milliseconds, the retries included. */
export function call<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: DescMethodUnary<I, O>,
  request: MessageShape<I>,
  timeout: number,
): Promise<MessageShape<O>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes) => fromBinary(method.output, bytes),
      request,
      new Metadata(),
      { deadline: Date.now() + timeout },
      (error, response) => (error ? reject(error) : resolve(response!)),
    );
  });
}

/** The fields that make a request an INVALID_ARGUMENT. */
export function violations(error: ServiceError): BadRequest_FieldViolation[] {
  return error.metadata
    .get("grpc-status-details-bin")
    .flatMap((bytes) => fromBinary(StatusSchema, bytes as Buffer).details)
    .flatMap((detail) => anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? []);
}
// docs: end call

// docs: begin ask
export async function ask(client: Client, topic: string, requestId: string): Promise<string> {
  const request = create(DecideTopicCreationRequestSchema, {
    appId: 1400000000n,
    operatorUserId: "user_42",
    topicName: topic,
    requestId, // your own id of the event: the same when you ask again
  });
  try {
    const { verdict, code, message } = await decide(client, request, 500);
    if (verdict === Verdict.ALLOW) return "allowed";
    if (verdict === Verdict.REFUSE) return `refused: ${code} ${message}`;
    return `could not decide: verdict ${verdict}`; // one that this program does not know
  } catch (error) {
    const { code } = error as ServiceError;
    const bad = violations(error as ServiceError).map(({ field, description }) => `${field} ${description}`);
    return [`could not decide: ${status[code]}`, ...bad].join(", ");
  }
}
// docs: end ask
