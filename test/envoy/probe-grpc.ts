import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { UpstreamHandler, UpstreamRequest, UpstreamSink } from "proxy-wasm-test";

/** What a gRPC server does with one call, told once for a real server and for the harness. */
export interface GrpcAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** DATA frames. */
  data?: Uint8Array[];
  /** Absent: the last frame ends the answer. */
  trailers?: Record<string, string>;
  /** Instead of an end: RST_STREAM, or nothing more. */
  then?: "reset" | "never";
  /** Not even headers. */
  silent?: boolean;
}

/** A message of gRPC: flag, length, bytes. */
export function message(text: string, flag = 0): Uint8Array {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function headersOf(answer: GrpcAnswer): Record<string, string> {
  return { "content-type": "application/grpc", ...answer.headers };
}

/** Ends with the headers, as an error without a message does. */
function headersOnly(answer: GrpcAnswer): boolean {
  return !answer.data?.length && !answer.trailers && !answer.then;
}

/** A server on loopback; `/S/<method>` asks for the answer of that name. */
export class GrpcServer {
  private readonly server: Http2Server = createServer();

  constructor(answers: Record<string, GrpcAnswer>) {
    this.server.on("stream", (stream, headers) => {
      const answer = answers[String(headers[":path"]).slice(3)] ?? {};
      stream.on("error", () => undefined);
      stream.resume().on("end", () => play(stream, answer));
    });
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Envoy is gone by then, and with it every connection. */
  stop(): void {
    this.server.close();
  }
}

function play(stream: ServerHttp2Stream, answer: GrpcAnswer): void {
  const RST_INTERNAL_ERROR = 2;
  if (answer.silent) {
    if (answer.then === "reset") stream.close(RST_INTERNAL_ERROR);
    return;
  }
  const { trailers } = answer;
  // Node knows `sendDate` here, its types do not.
  const options = {
    endStream: headersOnly(answer),
    waitForTrailers: trailers !== undefined,
    sendDate: false,
  };
  stream.respond({ ":status": answer.status ?? 200, ...headersOf(answer) }, options);
  if (headersOnly(answer)) return;
  if (trailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const data of answer.data ?? []) stream.write(data);
  if (!answer.then) stream.end();
  // What was written must leave first.
  if (answer.then === "reset") setTimeout(() => stream.close(RST_INTERNAL_ERROR), 50);
}

/** The same server for the harness. */
export class GrpcCluster implements UpstreamHandler {
  readonly kind = "upstream";
  readonly hasEndpoints = true;
  /** Filled by the harness. */
  readonly requests: UpstreamRequest[] = [];

  constructor(private readonly answers: Record<string, GrpcAnswer>) {}

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    const answer = this.answers[request.path.slice(3)] ?? {};
    onComplete(() => sink.after(1, () => answerTo(sink, answer)));
  }
}

function answerTo(sink: UpstreamSink, answer: GrpcAnswer): void {
  if (answer.silent) {
    if (answer.then === "reset") sink.reset("remote reset");
    return;
  }
  const status = String(answer.status ?? 200);
  sink.headers({ ":status": status, ...headersOf(answer) }, headersOnly(answer));
  const data = answer.data ?? [];
  for (const [i, bytes] of data.entries()) {
    sink.data(bytes, i === data.length - 1 && !answer.trailers && !answer.then);
  }
  if (answer.trailers) sink.trailers(answer.trailers);
  if (answer.then === "reset") sink.after(50, () => sink.reset("remote reset"));
}
