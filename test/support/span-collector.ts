import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeMessage } from "../harness/src/abi/protobuf.js";

/** What a tracer tells of one request. */
export interface Span {
  name: string;
  tags: Record<string, string>;
}

// Numbers of fields in opentelemetry-proto 1.x: trace_service.proto, trace.proto, common.proto.
const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const NAME = 5;
const ATTRIBUTES = 9;
const KEY = 1;
const VALUE = 2;
const STRING_VALUE = 1;

/** Takes spans over OTLP/HTTP (protobuf) on 127.0.0.1, as a collector of OpenTelemetry does. */
export class SpanCollector {
  readonly spans: Span[] = [];

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.spans.push(...spansOf(Buffer.concat(chunks)));
        response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
      });
    });
  }

  static async start(): Promise<SpanCollector> {
    const server = createServer();
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return new SpanCollector(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function spansOf(request: Buffer): Span[] {
  return messages(request, RESOURCE_SPANS)
    .flatMap((resource) => messages(resource, SCOPE_SPANS))
    .flatMap((scope) => messages(scope, SPANS))
    .map((span) => ({ name: text(span, NAME), tags: tagsOf(span) }));
}

function tagsOf(span: Uint8Array): Record<string, string> {
  const pairs = messages(span, ATTRIBUTES).map((pair): [string, string] => {
    const [value = Buffer.of()] = messages(pair, VALUE);
    return [text(pair, KEY), text(value, STRING_VALUE)];
  });
  return Object.fromEntries(pairs);
}

function text(message: Uint8Array, field: number): string {
  return Buffer.from(messages(message, field)[0] ?? []).toString();
}

/** The bytes of each field of this number. */
function messages(message: Uint8Array, field: number): Uint8Array[] {
  const fields = decodeMessage(message);
  if (fields === null) throw new Error("no protobuf");
  return (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array);
}
