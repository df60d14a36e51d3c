// Runs conformance cases against a live decider and prints what it saw, one JSON object a line.
import { readFileSync } from "node:fs";
import { type DescMessage, type DescMethodUnary, type JsonValue, type MessageShape, fromJson, toJson } from "@bufbuild/protobuf";
import { type Client, type ServiceError, status } from "@grpc/grpc-js";
import { DeciderService } from "../gen/decider/v1/decider_pb.js";
import { Health } from "../gen/health/v1/health_pb.js";
import { ask, call, connect, decide, mutualTls, violations } from "./decider.js";

interface Channel {
  address: string;
  ca?: string;
  cert?: string;
  key?: string;
}

interface Case {
  name: string;
  channel: string;
  method: string;
  request: JsonValue;
  deadline_ms: number;
}

interface Plan {
  service_config: unknown;
  channels: Record<string, Channel>;
  cases: Case[];
}

type Send<I, O> = (client: Client, request: I, timeout: number) => Promise<O>;

function json<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  send: Send<MessageShape<I>, MessageShape<O>> = (client, request, timeout) => call(client, method, request, timeout),
): Send<JsonValue, JsonValue> {
  return async (client, request, timeout) =>
    toJson(method.output, await send(client, fromJson(method.input, request), timeout), { useProtoFieldName: true });
}

const METHODS: Record<string, Send<JsonValue, JsonValue>> = {
  DecideTopicCreation: json(DeciderService.method.decideTopicCreation, decide),
  BatchDecideTopicCreation: json(DeciderService.method.batchDecideTopicCreation),
  GetPolicy: json(DeciderService.method.getPolicy),
  Check: json(Health.method.check),
};

async function outcome(client: Client, each: Case): Promise<object> {
  try {
    return { status: "OK", response: await METHODS[each.method]!(client, each.request, each.deadline_ms) };
  } catch (error) {
    const { code, details, metadata } = error as ServiceError;
    if (metadata === undefined) throw error; // not of gRPC
    const bad = violations(error as ServiceError).map(({ field, description }) => ({ field, description }));
    return { status: status[code], message: details, violations: bad };
  }
}

async function run(file: string): Promise<void> {
  const plan: Plan = JSON.parse(readFileSync(file, "utf8"));
  const clients = new Map(
    Object.entries(plan.channels).map(([name, { address, ca, cert, key }]) => [
      name,
      connect(address, plan.service_config, ca === undefined ? undefined : mutualTls(ca, cert, key)),
    ]),
  );
  for (const each of plan.cases) {
    const start = performance.now();
    const seen = await outcome(clients.get(each.channel)!, each);
    console.log(JSON.stringify({ case: each.name, ...seen, milliseconds: Math.round(performance.now() - start) }));
  }
  for (const client of clients.values()) client.close();
}

/** Print what the example in the documentation makes of topics. */
async function show(address: string, serviceConfig: string, topics: string[]): Promise<void> {
  const client = connect(address, JSON.parse(serviceConfig));
  for (const topic of topics) console.log(await ask(client, topic, "ask"));
  client.close();
}

const [first, address, serviceConfig, ...topics] = process.argv.slice(2);
await (first === "ask" ? show(address!, serviceConfig!, topics) : run(first!));
