import { request as httpRequest } from "node:http";
import { asBytes } from "../abi/text.js";
import type {
  BytesInput,
  HeadersInput,
  ResetReason,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamSink,
} from "../types.js";
import { WithTraits } from "./cluster-traits.js";

/** One scripted answer. */
export interface ReplyInit {
  headers?: HeadersInput;
  body?: BytesInput;
  /** Serialised; sets content-type. */
  json?: unknown;
  /** Body in pieces, without content-length. */
  chunks?: readonly BytesInput[];
  /** Milliseconds between chunks; default 0. */
  every?: number;
  trailers?: HeadersInput;
  /** Reset the connection after this many chunks. */
  cutAfter?: number;
  /** Answer at request headers instead of after the whole request. */
  early?: boolean;
}

export type RequestMatch = string | RegExp | ((request: UpstreamRequest) => boolean);
type Made = { status: number } & ReplyInit;
export type ReplyFunction = (request: UpstreamRequest) => Made | Promise<Made>;

type Step = (request: UpstreamRequest, sink: UpstreamSink) => void;

interface Rule {
  match: RequestMatch | null;
  steps: { early: boolean; delay: number; run: Step }[];
  used: number;
}

function matches(match: RequestMatch, request: UpstreamRequest): boolean {
  if (typeof match === "function") return match(request);
  if (match instanceof RegExp) return match.test(`${request.method} ${request.path}`);
  const parts = match.split(" ");
  const path = parts.at(-1)!;
  if (parts.length > 1 && parts[0] !== request.method) return false;
  if (path.endsWith("*")) return request.path.startsWith(path.slice(0, -1));
  return path === request.path || path === request.path.split("?")[0];
}

function listOf(headers: HeadersInput | undefined): [string, string | Uint8Array][] {
  if (!headers) return [];
  if (Symbol.iterator in headers) return [...headers].map(([n, v]) => [n, v]);
  return Object.entries(headers).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as string[]) : [String(value)];
    return values.map((v): [string, string] => [name, v]);
  });
}

function sendReply(sink: UpstreamSink, status: number, init: ReplyInit): void {
  const headers = listOf(init.headers);
  const has = (name: string) => headers.some(([n]) => n.toLowerCase() === name);
  const body = init.json === undefined ? init.body : JSON.stringify(init.json);
  if (init.json !== undefined && !has("content-type"))
    headers.push(["content-type", "application/json"]);
  const bytes = body === undefined ? undefined : asBytes(body);
  const framed = has("content-length") || has("transfer-encoding") || init.trailers !== undefined;
  const bodiless = status === 204 || status === 304;
  if (!init.chunks && !framed && !bodiless)
    headers.push(["content-length", String(bytes?.length ?? 0)]);
  const chunks = init.chunks ?? (bytes && bytes.length > 0 ? [bytes] : []);
  const none = chunks.length === 0 && !init.trailers && !init.chunks;
  sink.headers([[":status", String(status)], ...headers], none);
  if (none) return;
  sendChunks(sink, chunks, init, 0);
}

function sendChunks(
  sink: UpstreamSink,
  chunks: readonly BytesInput[],
  init: ReplyInit,
  from: number,
): void {
  for (let i = from; i < chunks.length; i++) {
    if (i === init.cutAfter) return sink.reset("connection termination");
    if (i > from && init.every) {
      return sink.after(init.every, () => sendChunks(sink, chunks, init, i));
    }
    const last = i === chunks.length - 1 && !init.trailers && init.cutAfter === undefined;
    sink.data(chunks[i]!, last);
  }
  if (init.cutAfter !== undefined) sink.reset("connection termination");
  else if (init.trailers) sink.trailers(init.trailers);
  else if (chunks.length === 0) sink.data("", true);
}

/** A scripted upstream. Answers are a sequence per `on(…)` rule; the last one repeats. */
export class Upstream extends WithTraits implements UpstreamHandler {
  readonly kind = "upstream";
  readonly requests: UpstreamRequest[] = [];
  hasEndpoints = true;
  private rules: Rule[] = [];
  private rule: Rule | null = null;
  private delay = 0;

  /** Following answers are for requests like `POST /check`, `/path`, `/prefix*`, a RegExp, a function. */
  on(match: RequestMatch): this {
    this.rule = { match, steps: [], used: 0 };
    this.rules.push(this.rule);
    return this;
  }

  /** Following answers are for every other request. */
  otherwise(): this {
    this.rule = null;
    return this;
  }

  /** Delays the next answer. */
  after(ms: number): this {
    this.delay = ms;
    return this;
  }

  /** Reads well between two answers; changes nothing. */
  then(resolve?: unknown): this {
    // JavaScript calls `then` of whatever is awaited.
    if (typeof resolve === "function") throw new TypeError("an upstream() cannot be awaited");
    return this;
  }

  private add(run: Step, early = false): this {
    if (!this.rule) {
      this.rule = { match: null, steps: [], used: 0 };
      this.rules.push(this.rule);
    }
    this.rule.steps.push({ early, delay: this.delay, run });
    this.delay = 0;
    return this;
  }

  reply(status: number, init: ReplyInit = {}): this {
    return this.add((_request, sink) => sendReply(sink, status, init), init.early);
  }

  /** Answers with what `fn` makes of the request; time stands still until a promise is kept. */
  handle(fn: ReplyFunction): this {
    return this.add((request, sink) => {
      const send = ({ status, ...init }: Made) => sendReply(sink, status, init);
      const made = fn(request);
      if (!(made instanceof Promise)) return send(made);
      const idle = sink.busy();
      void made.then(send, (error) => sink.fail(error)).finally(idle);
    });
  }

  /** Full control over the answer, from request headers on. */
  script(fn: (request: UpstreamRequest, sink: UpstreamSink) => void): this {
    return this.add(fn, true);
  }

  never(): this {
    return this.add(() => undefined);
  }

  /** The connection is refused. */
  refuse(): this {
    return this.add((_request, sink) => sink.reset("connection failure"), true);
  }

  /** The connection dies before headers. */
  reset(reason: ResetReason = "connection termination"): this {
    return this.add((_request, sink) => sink.reset(reason));
  }

  /** No healthy host in the cluster. */
  noEndpoints(): this {
    this.hasEndpoints = false;
    return this;
  }

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    const rule =
      this.rules.find((r) => r.match !== null && matches(r.match, request)) ??
      this.rules.find((r) => r.match === null);
    const step = rule?.steps[Math.min(rule.used, rule.steps.length - 1)];
    if (rule) rule.used++;
    const run = step?.run ?? ((_r: UpstreamRequest, s: UpstreamSink) => sendReply(s, 404, {}));
    const answer = () =>
      step && step.delay > 0
        ? sink.after(step.delay, () => run(request, sink))
        : run(request, sink);
    if (step?.early) answer();
    else onComplete(answer);
  }
}

/** A scripted upstream: `upstream().reply(200, { body: "ok" })`. */
export function upstream(): Upstream {
  return new Upstream();
}

const HOP_BY_HOP = /^(connection|keep-alive|transfer-encoding)$/;

/** Node's flat list of names and values; names in lower case. */
function latin1Pairs(raw: readonly string[]): [string, Uint8Array][] {
  return raw.flatMap((name, i): [string, Uint8Array][] =>
    i % 2 ? [] : [[name.toLowerCase(), Buffer.from(raw[i + 1] ?? "", "latin1")]],
  );
}

/** A real HTTP/1.1 server behind a cluster name. */
export class LiveUpstream implements UpstreamHandler {
  readonly kind = "upstream";
  readonly requests: UpstreamRequest[] = [];
  readonly hasEndpoints = true;

  /** The path of the URL stands before every request's path. */
  constructor(private url: URL) {
    if (url.protocol !== "http:") {
      throw new TypeError(`a live upstream speaks plain HTTP/1.1, not ${url.protocol}//`);
    }
  }

  get last(): UpstreamRequest | undefined {
    return this.requests.at(-1);
  }

  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void {
    onComplete(() => {
      const idle = sink.busy();
      const headers: string[] = ["host", request.authority];
      for (const [name, value] of request.headers) {
        if (name.startsWith(":") || name === "content-length" || name === "transfer-encoding")
          continue;
        headers.push(name, value);
      }
      const body = request.bytes;
      if (body.length > 0) headers.push("content-length", String(body.length));
      const { hostname, port, pathname } = this.url;
      const base = pathname.replace(/\/$/, "");
      const options = {
        hostname,
        port,
        method: request.method,
        path: base + request.path,
        headers,
      };
      const out = httpRequest(options, (reply) => {
        const fields = latin1Pairs(reply.rawHeaders).filter(([name]) => !HOP_BY_HOP.test(name));
        sink.headers([[":status", String(reply.statusCode ?? 0)], ...fields]);
        reply.on("data", (chunk: Buffer) => sink.data(new Uint8Array(chunk)));
        reply.on("end", () => {
          const trailers = latin1Pairs(reply.rawTrailers);
          if (trailers.length > 0) sink.trailers(trailers);
          else sink.data("", true);
          idle();
        });
        reply.on("error", () => {
          sink.reset("connection termination");
          idle();
        });
      });
      out.on("error", () => {
        sink.reset("connection failure");
        idle();
      });
      sink.onCancel(() => {
        out.destroy();
        idle();
      });
      out.end(Buffer.from(body));
    });
  }
}
