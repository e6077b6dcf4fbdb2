import type { UpstreamHandler, UpstreamRequest, UpstreamSink } from "proxy-wasm-test";
import { serve, type Service } from "../../../examples/demo/vectors/wire.js";

/** How a service behaves. */
export type Mood =
  | "well"
  /** Never an answer. */
  | "silent"
  /** No connection. */
  | "down"
  /** The connection breaks before an answer. */
  | "reset"
  /** All but the end of the answer. */
  | "garbage"
  /** Status 503 with an error in JSON. */
  | "failing"
  | "html"
  | "empty";

interface Reply {
  status: number;
  body: string;
}

/** A service of the tests behind a cluster of the harness. */
export class ServiceCluster implements UpstreamHandler {
  readonly kind = "upstream";
  readonly hasEndpoints = true;
  readonly requests: UpstreamRequest[] = [];
  /** Why calls were refused. */
  readonly refusals: string[] = [];
  mood: Mood = "well";

  constructor(private readonly service: Service) {}

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    if (this.mood === "down") return sink.reset("connection failure");
    onComplete(() => {
      if (this.mood === "silent") return;
      if (this.mood === "reset") return sink.reset("connection termination");
      const { status, body } = this.reply(request);
      const headers = { ":status": String(status), "content-type": "application/json" };
      sink.headers(headers, body === "");
      if (body !== "") sink.data(body, true);
    });
  }

  private reply(request: UpstreamRequest): Reply {
    if (this.mood === "failing") return { status: 503, body: '{"error":"it hurts"}' };
    if (this.mood === "html") return { status: 200, body: "<html>come back later</html>" };
    if (this.mood === "empty") return { status: 200, body: "" };
    const { method, path, authority, body } = request;
    const headers = { ...Object.fromEntries(request.headers), host: authority };
    const { answer, refusal } = serve(this.service, { method, path, headers, body });
    if (refusal !== null) this.refusals.push(refusal);
    const text = JSON.stringify(answer.body);
    return { status: answer.status, body: this.mood === "garbage" ? text.slice(0, -2) : text };
  }
}
