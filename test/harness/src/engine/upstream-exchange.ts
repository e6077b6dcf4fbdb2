import { ByteQueue } from "../abi/byte-queue";
import { HeaderList } from "../abi/header-list";
import { asBytes, toBinary, toText, utf8 } from "../abi/text";
import type {
  BytesInput,
  HeaderPair,
  HeadersInput,
  ResetReason,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamSink,
} from "../types";
import type { Environment, Timer } from "./environment";
import { PromisedLength } from "./promised-length";

/** Headers as a test wrote them, as a list of binary pairs. */
export function headerPairs(input: HeadersInput | undefined): HeaderPair[] {
  if (!input) return [];
  if (Symbol.iterator in input) return [...input].map(([n, v]) => [toBinary(n), toBinary(v)]);
  return Object.entries(input).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as string[]) : [String(value)];
    return values.map((v): HeaderPair => [toBinary(name), toBinary(v)]);
  });
}

/** Body bytes seen through content-length, as an HTTP/1.1 peer frames them. */
export interface Framed {
  bytes: Uint8Array;
  surplus: Uint8Array;
  missing: number;
}

export function frame(declared: string | undefined, all: Uint8Array): Framed {
  const length = declared !== undefined && /^\d+$/.test(declared) ? Number(declared) : all.length;
  return {
    bytes: all.subarray(0, length),
    surplus: all.subarray(length),
    missing: Math.max(0, length - all.length),
  };
}

class RecordedRequest implements UpstreamRequest {
  headers: HeaderPair[] = [];
  chunks: Uint8Array[] = [];
  trailers: HeaderPair[] = [];
  metadata: HeaderPair[][] = [];
  complete = false;
  reset = false;
  private queue = new ByteQueue();

  constructor(
    readonly cluster: string,
    readonly via: UpstreamRequest["via"],
    readonly at: number,
    readonly framing: "h1" | "h2",
  ) {}

  get(name: string): string | undefined {
    return this.headers.find((pair) => pair[0] === name.toLowerCase())?.[1];
  }
  get method(): string {
    return this.get(":method") ?? "";
  }
  get path(): string {
    return this.get(":path") ?? "";
  }
  get authority(): string {
    return this.get(":authority") ?? "";
  }
  add(chunk: Uint8Array): void {
    const copy = chunk.slice();
    this.chunks.push(copy);
    this.queue.push(copy);
  }
  private framed(): Framed {
    const all = this.queue.bytes();
    return frame(this.framing === "h1" ? this.get("content-length") : undefined, all);
  }
  get bytes(): Uint8Array {
    return this.framed().bytes;
  }
  get surplus(): Uint8Array {
    return this.framed().surplus;
  }
  get missing(): number {
    return this.framed().missing;
  }
  get body(): string {
    return utf8(this.bytes);
  }
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
}

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
  private waiting: HeaderList | null = null;
  private onComplete: (() => void)[] = [];
  private cancelled: (() => void)[] = [];
  private timers = new Set<Timer>();
  private connected = true;

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

  /** The upstream has heard of this request. */
  get opened(): boolean {
    return this.request.headers.length > 0;
  }

  /** Content-length as the upstream sees it, or will see it. */
  get declaredLength(): string | undefined {
    return this.waiting ? this.waiting.get("content-length") : this.request.get("content-length");
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
      if (waiting) this.open(waiting);
    });
  }

  sendHeaders(headers: HeaderList, end: boolean): void {
    if (this.connected) this.open(headers);
    else this.waiting = headers;
    if (end) this.finishRequest();
  }

  /** The connection is ready: the head is written as it is now. */
  private open(headers: HeaderList): void {
    const pairs = headers.pairs.map(([n, v]): HeaderPair => [toText(n), toText(v)]);
    this.request.headers = [
      ...pairs.filter(([name]) => name.startsWith(":")),
      ...pairs.filter(([name]) => !name.startsWith(":")),
    ];
    this.env.trace?.wire(`${this.request.cluster} gets headers`, this.request.headers);
    this.handler.requests.push(this.request);
    this.handler.open(this.request, this, (fn) => {
      if (this.isWhole) this.env.scheduler.post(() => this.closed || fn());
      else this.onComplete.push(fn);
    });
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
      if (!this.closed) fn();
    });
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
        if (this.closed) return;
        this.finishing(true, () => this.events.data(new Uint8Array(0), true));
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
    this.later(() => this.fall(reason));
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
