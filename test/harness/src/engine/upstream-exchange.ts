import { ByteQueue } from "../abi/byte-queue.js";
import { HeaderList } from "../abi/header-list.js";
import { asBytes, toBinary, toText } from "../abi/text.js";
import type {
  BytesInput,
  HeaderPair,
  HeadersInput,
  ResetReason,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamSink,
} from "../types.js";
import type { Environment, Timer } from "./environment.js";
import { PromisedLength } from "./promised-length.js";
import { RecordedRequest } from "./recorded-request.js";

/** Headers as a test wrote them, as a list of binary pairs. */
export function headerPairs(input: HeadersInput | undefined): HeaderPair[] {
  if (!input) return [];
  if (Symbol.iterator in input) return [...input].map(([n, v]) => [toBinary(n), toBinary(v)]);
  return Object.entries(input).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as string[]) : [String(value)];
    return values.map((v): HeaderPair => [toBinary(name), toBinary(v)]);
  });
}

/** What the owner of an exchange wants to hear. */
export interface ExchangeEvents {
  headers(headers: HeaderList, end: boolean): void;
  data(chunk: Uint8Array, end: boolean): void;
  trailers(trailers: HeaderList): void;
  /** HTTP/2 only; call-outs pass over it. */
  metadata?(metadata: HeaderList): void;
  done(): void;
  reset(reason: string, started: boolean): void;
  /** True: nothing more is read until `readOn`. Absent: it is read always. */
  isBackedUp?(): boolean;
}

/** Requests that say nothing of a body they do not have. */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "TRACE", "CONNECT"]);

const REASON_TEXT: Record<ResetReason, string> = {
  "connection failure": "remote connection failure",
  "connection termination": "connection termination",
  "remote reset": "remote reset",
  "refused stream": "remote refused stream reset",
  "protocol error": "protocol error",
};

/** One request to an upstream and its answer, both as they go. */
export class UpstreamExchange implements UpstreamSink {
  readonly request: RecordedRequest;
  responseHeaders: HeaderList | null = null;
  responseTrailers: HeaderList | null = null;
  readonly responseBody = new ByteQueue();
  closed = false;
  private readonly promise = new PromisedLength();
  /** Headers that wait for a connection: still the filters' own list, so edits count. */
  private waiting: { headers: HeaderList; end: boolean } | null = null;
  private onComplete: (() => void)[] = [];
  private cancelled: (() => void)[] = [];
  private timers = new Set<Timer>();
  private connected = true;
  /** What the upstream has written and the proxy has not read. */
  private backlog: (() => void)[] = [];

  constructor(
    private env: Environment,
    private handler: UpstreamHandler,
    cluster: string,
    via: UpstreamRequest["via"],
    private events: ExchangeEvents,
  ) {
    const at = env.scheduler.wallMs();
    this.request = new RecordedRequest(cluster, via, at, env.upstreamProtocol);
  }

  /** gRPC is HTTP/2 whatever the clusters of other calls speak. */
  private get isHttp1(): boolean {
    return this.env.upstreamProtocol === "h1" && !this.request.via.startsWith("grpc");
  }

  /** The upstream has heard of this request. */
  get opened(): boolean {
    return this.request.headers.length > 0;
  }

  /** Content-length as the upstream sees it, or will see it. */
  get declaredLength(): string | undefined {
    const { waiting, request } = this;
    return waiting ? waiting.headers.get("content-length") : request.get("content-length");
  }

  /** Asks for a connection of its own; `ready` runs when there is one, at once over an open one. */
  connect(ready: () => void): void {
    if (this.env.connections === "open") return ready();
    this.connected = false;
    this.after(0, () => {
      this.connected = true;
      ready();
      const { waiting } = this;
      this.waiting = null;
      if (waiting) this.open(waiting.headers, waiting.end);
    });
  }

  sendHeaders(headers: HeaderList, end: boolean): void {
    if (this.connected) this.open(headers, end);
    else this.waiting = { headers, end };
    if (end) this.finishRequest();
  }

  /** The connection is ready: the head is written as it is now. */
  private open(headers: HeaderList, end: boolean): void {
    const pairs = headers.pairs.map(([n, v]): HeaderPair => [toText(n), toText(v)]);
    this.request.headers = [
      ...pairs.filter(([name]) => name.startsWith(":")),
      ...pairs.filter(([name]) => !name.startsWith(":")),
      ...this.framing(headers, end),
    ];
    this.env.trace?.wire(`${this.request.cluster} gets headers`, this.request.headers);
    this.handler.requests.push(this.request);
    this.handler.open(this.request, this, (fn) => {
      if (this.isWhole) this.env.scheduler.post(() => this.closed || fn());
      else this.onComplete.push(fn);
    });
  }

  /** What the codec adds where no length says how long the body is (harness.md §6.6). */
  private framing(headers: HeaderList, end: boolean): HeaderPair[] {
    if (!this.isHttp1 || headers.has("content-length")) return [];
    if (!end) return [["transfer-encoding", "chunked"]];
    return BODILESS.has(headers.get(":method") ?? "") ? [] : [["content-length", "0"]];
  }

  /** A server that was promised more bytes goes on waiting, though nothing more will come. */
  private get isWhole(): boolean {
    return this.request.complete && this.request.missing === 0;
  }

  sendData(chunk: Uint8Array, end: boolean): void {
    if (this.closed) return;
    this.env.trace?.wire(`${this.request.cluster} gets body`, chunk.length, end ? "end" : "");
    if (chunk.length > 0) this.request.add(chunk);
    if (end) this.finishRequest();
  }

  sendTrailers(trailers: HeaderList): void {
    if (this.closed) return;
    this.env.trace?.wire(`${this.request.cluster} gets trailers`, trailers.pairs);
    this.request.trailers = trailers.pairs.map(([n, v]) => [toText(n), toText(v)]);
    this.finishRequest();
  }

  sendMetadata(metadata: HeaderList): void {
    if (this.closed || this.env.upstreamProtocol === "h1") return;
    this.env.trace?.wire(`${this.request.cluster} gets metadata`, metadata.pairs);
    this.request.metadata.push(metadata.pairs.map(([n, v]) => [toText(n), toText(v)]));
  }

  sendAll(headers: HeaderList, body: Uint8Array, trailers: HeaderList | null): void {
    this.sendHeaders(headers, body.length === 0 && !trailers);
    if (body.length > 0) this.sendData(body, !trailers);
    if (trailers) this.sendTrailers(trailers);
  }

  private finishRequest(): void {
    if (this.request.complete) return;
    this.request.complete = true;
    if (!this.isWhole) return;
    for (const fn of this.onComplete) this.env.scheduler.post(() => this.closed || fn());
  }

  /** The proxy gives up; nothing more is delivered. */
  cancel(): void {
    if (this.closed) return;
    this.env.trace?.wire(`${this.request.cluster} gets reset`);
    this.request.reset = true;
    this.close();
    for (const fn of this.cancelled) fn();
  }

  onCancel(fn: () => void): void {
    this.cancelled.push(fn);
  }

  private close(): void {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }

  /** Upstream events enter the engine as events of their own, never inside a guest call. */
  private later(fn: () => void): void {
    this.env.scheduler.post(() => {
      this.backlog.push(fn);
      this.readOn();
    });
  }

  /** The upstream has written what the proxy does not read. */
  get unread(): boolean {
    return this.backlog.length > 0;
  }

  /** Reads what there is, until the owner has no room. */
  readOn(): void {
    while (!this.closed && this.unread && !this.events.isBackedUp?.()) this.backlog.shift()!();
  }

  headers(input: HeadersInput, end = false): void {
    this.later(() => {
      if (this.responseHeaders) return;
      const list = new HeaderList(headerPairs(input));
      if (this.env.upstreamProtocol === "h2" && !this.promise.begin(this.request.method, list, end))
        return this.fall("protocol error");
      this.responseHeaders = list;
      this.env.trace?.wire(`${this.request.cluster} sends headers`, list.pairs, end ? "end" : "");
      const status = Number(list.get(":status"));
      const bodiless = this.request.method === "HEAD" || status === 204 || status === 304;
      this.finishing(end || bodiless, () => this.events.headers(list, end || bodiless));
    });
  }

  data(chunk: BytesInput, end = false): void {
    const bytes = asBytes(chunk);
    this.later(() => {
      if (!this.promise.keeps(bytes.length, end)) return this.fall("protocol error");
      this.env.trace?.wire(`${this.request.cluster} sends body`, bytes.length, end ? "end" : "");
      this.responseBody.push(bytes);
      // h1: the end comes as an empty chunk of its own; h2: with the last DATA frame (§6.5).
      const split = end && this.env.upstreamProtocol === "h1" && bytes.length > 0;
      if (split) {
        this.events.data(bytes, false);
        this.backlog.unshift(() =>
          this.finishing(true, () => this.events.data(new Uint8Array(0), true)),
        );
      } else this.finishing(end, () => this.events.data(bytes, end));
    });
  }

  trailers(input: HeadersInput): void {
    this.later(() => {
      if (!this.promise.keeps(0, true)) return this.fall("protocol error");
      const list = new HeaderList(headerPairs(input));
      this.responseTrailers = list;
      this.env.trace?.wire(`${this.request.cluster} sends trailers`, list.pairs);
      this.finishing(true, () => this.events.trailers(list));
    });
  }

  metadata(input: HeadersInput): void {
    this.later(() => {
      if (this.env.upstreamProtocol === "h1") return;
      const list = new HeaderList(headerPairs(input));
      this.env.trace?.wire(`${this.request.cluster} sends metadata`, list.pairs);
      this.events.metadata?.(list);
    });
  }

  private finishing(end: boolean, deliver: () => void): void {
    if (end) this.close();
    deliver();
    if (end) this.events.done();
  }

  reset(reason: ResetReason = "connection termination"): void {
    // A connection is read up to its end; a frame of HTTP/2 overtakes a body that is not read.
    if (this.env.upstreamProtocol === "h1") return this.later(() => this.fall(reason));
    this.env.scheduler.post(() => this.closed || this.fall(reason));
  }

  private fall(reason: ResetReason): void {
    this.env.trace?.wire(`${this.request.cluster} sends reset`, reason);
    this.close();
    this.events.reset(REASON_TEXT[reason], this.responseHeaders !== null);
  }

  fail(error: unknown): void {
    this.env.scheduler.post(() => {
      throw error;
    });
  }

  busy(): () => void {
    return this.env.scheduler.busy();
  }

  after(ms: number, fn: () => void): void {
    const timer = this.env.scheduler.timer(ms, () => {
      this.timers.delete(timer);
      if (!this.closed) fn();
    });
    this.timers.add(timer);
  }
}
