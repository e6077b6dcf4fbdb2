import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  serve,
  type Service,
  type WireAnswer,
  type WireRequest,
} from "../../../examples/demo/vectors/wire.js";

/** What a server does with calls. */
export type Mood =
  | "well"
  /** Never an answer. */
  | "silent"
  /** Half a document. */
  | "garbage"
  /** The connection is cut. */
  | "reset"
  /** Status 500 with an error in JSON. */
  | "failing";

/** A service behind a port of 127.0.0.1. */
export class WireServer {
  /** Calls, oldest first, in whatever mood they found it. */
  readonly requests: WireRequest[] = [];
  /** Why calls were refused. */
  readonly refusals: string[] = [];
  mood: Mood = "well";

  private constructor(
    private readonly server: Server,
    private readonly service: Service,
  ) {}

  static async start(service: Service): Promise<WireServer> {
    const server = createServer();
    server.keepAliveTimeout = 3_600_000; // it is not the server that ends an idle connection
    const wire = new WireServer(server, service);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void wire.take(request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return wire;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const call: WireRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers as Record<string, string | undefined>,
      body: Buffer.concat(parts).toString(),
    };
    this.requests.push(call);
    if (this.mood === "silent") return;
    if (this.mood === "reset") return void request.socket.destroy();
    const { status, body } = this.answer(call);
    response.writeHead(status, { "content-type": "application/json" });
    const text = JSON.stringify(body);
    response.end(this.mood === "garbage" ? text.slice(0, text.length / 2) : text);
  }

  private answer(call: WireRequest): WireAnswer {
    if (this.mood === "failing") return { status: 500, body: { error: "it hurts" } };
    const { answer, refusal } = serve(this.service, call);
    if (refusal !== null) this.refusals.push(refusal);
    return answer;
  }
}
