import { ByteQueue } from "../abi/byte-queue.js";
import type { HeaderList } from "../abi/header-list.js";
import type { Direction } from "../types.js";
import { holderOf, type Chain, type StreamFilter } from "./chain.js";
import type { Timer } from "./environment.js";
import { Iteration, type Side } from "./iteration.js";
import { failReply, type Reply } from "./local-reply.js";
import type { Stream } from "./stream.js";
import type { Target } from "./targets.js";
import { UpstreamExchange } from "./upstream-exchange.js";

/** What the router hears of an attempt, after the upstream filters. */
export interface AttemptEvents {
  headers(attempt: Attempt, headers: HeaderList, end: boolean): void;
  data(attempt: Attempt, data: ByteQueue, end: boolean): void;
  trailers(attempt: Attempt, trailers: HeaderList): void;
  reset(attempt: Attempt, reason: string): void;
  perTryTimeout(attempt: Attempt): void;
}

const encoder = new TextEncoder();

/**
 * One attempt at an upstream: the filters of its cluster around one exchange.
 *
 *     router ─► filter 0 ─► filter 1 ─► upstream      decode
 *     router ◄─ filter 0 ◄─ filter 1 ◄─ upstream      encode
 */
export class Attempt implements Chain {
  readonly decode: Iteration<StreamFilter>;
  readonly encode: Iteration<StreamFilter>;
  readonly filters: StreamFilter[];
  readonly exchange: UpstreamExchange;
  finished = false;
  private limits: Record<Direction, number>;
  private perTry: Timer | null = null;
  private connected = false;
  private requestComplete = false;
  private requestBytes = 0;
  private responseBytes = 0;

  constructor(
    readonly stream: Stream,
    readonly target: Target,
    /** The cluster the route names; its filters run. */
    readonly cluster: string,
    private readonly perTryMs: number,
    private readonly events: AttemptEvents,
  ) {
    const { env } = stream;
    this.limits = { request: stream.limit("request"), response: stream.limit("response") };
    this.exchange = new UpstreamExchange(env, target.upstream, target.name, "router", {
      headers: (headers, end) => {
        // Known before any filter sees them, whatever becomes of this answer.
        stream.details = "via_upstream";
        this.encode.start(headers, end);
      },
      data: (chunk, end) => {
        this.responseBytes += chunk.length;
        this.encode.push(new ByteQueue(chunk), end);
      },
      trailers: (trailers) => this.encode.finish(trailers),
      metadata: (metadata) => this.encode.meta(metadata),
      done: () => undefined,
      reset: (reason, started) => this.onReset(reason, started),
      isBackedUp: () => this.encode.backedUp || stream.encode.backedUp,
    });
    this.filters = stream.upstreamFilters(this, cluster);
    this.decode = new Iteration(this.filters, this.decodeSide());
    this.encode = new Iteration([...this.filters].reverse(), this.encodeSide());
  }

  get editors(): Stream["editors"] {
    return this.stream.editors;
  }

  path(direction: Direction): Iteration<StreamFilter> {
    return direction === "request" ? this.decode : this.encode;
  }

  bodyGone(direction: Direction): boolean {
    const { complete, buffer } = this.path(direction);
    const passed = direction === "request" ? this.requestBytes : this.responseBytes;
    return complete && !buffer && passed > 0;
  }

  setLimit(direction: Direction, bytes: number): void {
    this.limits[direction] = bytes;
    this.path(direction).mark();
  }

  /** The route is chosen; nothing an upstream filter does chooses it again. */
  clearRoute(): void {
    // Kept.
  }

  private decodeSide(): Side<StreamFilter> {
    const { limits } = this;
    return {
      get limit() {
        return limits.request;
      },
      headers: (filter, headers, end) => filter.decodeHeaders(headers, end),
      data: (filter, data, end) => filter.decodeData(data, end),
      trailers: (filter, trailers) => filter.decodeTrailers(trailers),
      metadata: (filter, metadata) => filter.decodeMetadata?.(metadata),
      lastHeaders: (headers, end) => this.send(headers, end),
      lastData: (data, end) => this.sendData(data, end),
      lastTrailers: (trailers) => {
        this.exchange.sendTrailers(trailers);
        this.checkLength();
      },
      lastMetadata: (metadata) => this.exchange.sendMetadata(metadata),
      aborted: () => undefined,
      overLimit: () => this.overLimit(413, "Payload Too Large", "request_payload_too_large"),
      finished: () => this.over,
      drained: () => this.stream.readOn(),
    };
  }

  private encodeSide(): Side<StreamFilter> {
    const { limits, stream } = this;
    return {
      get limit() {
        return limits.response;
      },
      headers: (filter, headers, end) => filter.encodeHeaders(headers, end),
      data: (filter, data, end) => filter.encodeData(data, end),
      trailers: (filter, trailers) => filter.encodeTrailers(trailers),
      metadata: (filter, metadata) => filter.encodeMetadata?.(metadata),
      lastHeaders: (headers, end) => this.events.headers(this, headers, end),
      lastData: (data, end) => this.events.data(this, data, end),
      lastTrailers: (trailers) => this.events.trailers(this, trailers),
      lastMetadata: (metadata) => stream.responseMetadata(metadata),
      aborted: () => undefined,
      overLimit: () => this.overLimit(500, "Internal Server Error", "response_payload_too_large"),
      finished: () => this.over,
      drained: () => stream.env.scheduler.post(() => this.exchange.readOn()),
    };
  }

  private get over(): boolean {
    return this.finished || this.stream.finished;
  }

  private overLimit(status: number, text: string, details: string): void {
    const body = encoder.encode(text);
    this.localReply({ status, body, headers: [], grpcStatus: -1, details });
  }

  /** The router's request: headers are the ones every attempt edits, the body is a copy. */
  start(headers: HeaderList, end: boolean): void {
    this.requestComplete = end;
    this.exchange.connect(() => {
      this.connected = true;
      this.armPerTry();
    });
    this.decode.start(headers, end);
  }

  push(data: ByteQueue, end: boolean): void {
    this.decode.push(data, end);
  }

  metadata(metadata: HeaderList): void {
    this.decode.meta(metadata);
  }

  finish(trailers: HeaderList): void {
    this.decode.finish(trailers);
  }

  /** The client's request has been read to its end. */
  requestEnded(): void {
    this.requestComplete = true;
    this.armPerTry();
  }

  private armPerTry(): void {
    if (this.perTryMs <= 0 || !this.connected || !this.requestComplete) return;
    if (this.perTry || this.over) return;
    this.perTry = this.stream.env.scheduler.timer(this.perTryMs, () =>
      this.events.perTryTimeout(this),
    );
  }

  /** The upstream's codec looks at the headers as they are now. */
  private send(headers: HeaderList, end: boolean): void {
    if (!headers.has(":method")) {
      const details = "filter_removed_required_request_headers{missing_required_header:_:method}";
      return this.refuse("missing required header: :method", details);
    }
    const { complaint } = headers;
    if (complaint !== undefined) {
      return this.refuse(complaint, "upstream_reset_before_response_started{protocol_error}");
    }
    this.exchange.sendHeaders(headers, end);
    if (end) this.checkLength();
  }

  private refuse(text: string, details: string): void {
    const body = encoder.encode(text);
    this.localReply({ status: 503, body, headers: [], grpcStatus: -1, details });
  }

  private sendData(data: ByteQueue, end: boolean): void {
    const bytes = data.size > 0 ? data.bytes().slice() : new Uint8Array(0);
    data.clear();
    this.requestBytes += bytes.length;
    this.exchange.sendData(bytes, end);
    if (end) this.checkLength();
  }

  private checkLength(): void {
    const { declaredLength } = this.exchange;
    const editor = this.editors.request;
    if (!editor || declaredLength === undefined) return;
    if (Number(declaredLength) === this.requestBytes) return;
    const message = `request body has ${this.requestBytes} bytes, content-length says ${declaredLength}`;
    this.stream.env.violation("S01", message, editor);
  }

  private onReset(reason: string, started: boolean): void {
    // A connection that closes inside an HTTP/1.1 message breaks the protocol.
    const broken = started && this.stream.env.upstreamProtocol === "h1";
    const breaks = broken && reason === "connection termination";
    this.events.reset(this, breaks ? "protocol error" : reason);
  }

  resume(filter: StreamFilter, direction: Direction): void {
    if (this.over) return;
    const path = this.path(direction);
    path.resume(path.slots.findIndex((slot) => slot.filter === filter));
  }

  fail(): void {
    this.localReply(failReply());
  }

  /** Goes to the client and is never retried. */
  localReply(reply: Reply): void {
    if (this.over) return;
    this.decode.aborted = true;
    this.encode.aborted = true;
    this.stream.localReply(reply);
  }

  /** Ends the client's stream too. */
  reset(details: string): void {
    this.stream.reset(details);
  }

  inject(filter: StreamFilter, bytes: Uint8Array, end: boolean): void {
    if (this.over) return;
    const at = this.encode.slots.findIndex((slot) => slot.filter === filter);
    this.encode.inject(at, new ByteQueue(bytes), end);
  }

  /** Filter that holds this attempt. */
  get holding(): ReturnType<typeof holderOf> {
    return this.finished ? null : holderOf(this);
  }

  /** Stops timers and the upstream; the filters stay until `destroy`. */
  cancel(): void {
    this.perTry?.cancel();
    this.exchange.cancel();
  }

  /** The attempt is over: its filters are told, without an access log. */
  destroy(): void {
    if (this.finished) return;
    this.finished = true;
    if (this.decode.backedUp) this.stream.readOn();
    this.cancel();
    for (const filter of this.filters) filter.destroy();
  }
}
