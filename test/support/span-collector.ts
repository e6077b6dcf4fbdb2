import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

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

function tagsOf(span: Buffer): Record<string, string> {
  const pairs = messages(span, ATTRIBUTES).map((pair): [string, string] => {
    const [value = Buffer.of()] = messages(pair, VALUE);
    return [text(pair, KEY), text(value, STRING_VALUE)];
  });
  return Object.fromEntries(pairs);
}

function text(message: Buffer, field: number): string {
  return messages(message, field)[0]?.toString() ?? "";
}

/** The bytes of each field of this number that has a length. */
function messages(message: Buffer, field: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const end = varint() + at;
      if ((tag - kind) / 8 === field) found.push(message.subarray(at, end));
      at = end;
    } else throw new Error(`no protobuf: wire type ${kind} at ${at}`);
  }
  return found;
}
