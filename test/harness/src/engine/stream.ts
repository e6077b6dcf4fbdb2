import { ByteQueue } from "../abi/byte-queue.js";
import { ResponseFlag } from "../abi/enums.js";
import { HeaderList } from "../abi/header-list.js";
import type { Direction } from "../types.js";
import { holderOf, type Chain, type StreamFilter } from "./chain.js";
import { Client } from "./client.js";
import type { Environment, Place } from "./environment.js";
import { Iteration, type Side } from "./iteration.js";
import { failReply, isGrpc, replyHeaders, type Reply } from "./local-reply.js";
import { Router } from "./router.js";

const encoder = new TextEncoder();

/** One request and its answer: two iterations, a router behind, a client in front. */
export class Stream implements Chain {
  readonly stream = this;
  readonly decode: Iteration<StreamFilter>;
  readonly encode: Iteration<StreamFilter>;
  readonly router: Router;
  readonly client: Client;
  readonly filterState = new Map<string, Uint8Array>();
  /** Answers `proxy_get_property` before anything else, by path joined with dots. */
  readonly properties = new Map<string, Uint8Array>();
  readonly editors: Partial<Record<Direction, Place>> = {};
  readonly startedAt: number;
  filters: StreamFilter[] = [];
  details = "";
  flags = 0;
  local = false;
  finished = false;
  requestBytes = 0;
  responseBytes = 0;
  /** Status before response filters changed it. */
  originalStatus: string | undefined;
  private limits: Record<Direction, number>;
  /** Callbacks of filters under way. */
  private running: Record<Direction, number> = { request: 0, response: 0 };
  private prepared: Reply | null = null;
  private held: (HeaderList | { data: ByteQueue; end: boolean })[] = [];

  constructor(
    readonly env: Environment,
    readonly id: number,
    makeFilters: (chain: Chain) => StreamFilter[],
    /** Filters of one attempt at a cluster. */
    readonly upstreamFilters: (chain: Chain, cluster: string) => StreamFilter[] = () => [],
  ) {
    this.startedAt = env.scheduler.wallMs();
    this.limits = { request: env.bufferLimit, response: env.bufferLimit };
    this.router = new Router(this);
    this.client = new Client(this);
    this.filters = makeFilters(this);
    this.decode = new Iteration(this.filters, this.decodeSide());
    this.encode = new Iteration([...this.filters].reverse(), this.encodeSide());
  }

  /** What the request brought along for this path; undefined = nothing. */
  ownProperty(path: string): Uint8Array | undefined {
    if (this.properties.size === 0) return undefined;
    return this.properties.get(path.replace(/\0$/, "").replaceAll("\0", "."));
  }

  path(direction: Direction): Iteration<StreamFilter> {
    return direction === "request" ? this.decode : this.encode;
  }

  bodyGone(direction: Direction): boolean {
    const { complete, buffer } = this.path(direction);
    const passed = direction === "request" ? this.requestBytes : this.responseBytes;
    return complete && !buffer && passed > 0;
  }

  get responseStarted(): boolean {
    return this.client.started;
  }

  setLimit(direction: Direction, bytes: number): void {
    this.limits[direction] = bytes;
    this.path(direction).mark();
  }

  /** Bytes of a body that may wait here. */
  limit(direction: Direction): number {
    return this.limits[direction];
  }

  clearRoute(changedBy: Place | null): void {
    this.router.choice.clearRoute(changedBy);
  }

  private guard<T>(direction: Direction, run: () => T): T {
    this.running[direction]++;
    try {
      return run();
    } finally {
      this.running[direction]--;
    }
  }

  private decodeSide(): Side<StreamFilter> {
    const guard = <T>(run: () => T): T => this.guard("request", run);
    const { limits } = this;
    return {
      get limit() {
        return limits.request;
      },
      headers: (filter, headers, end) => guard(() => filter.decodeHeaders(headers, end)),
      data: (filter, data, end) => guard(() => filter.decodeData(data, end)),
      trailers: (filter, trailers) => guard(() => filter.decodeTrailers(trailers)),
      metadata: (filter, metadata) => guard(() => filter.decodeMetadata?.(metadata)),
      lastHeaders: (headers, end) => this.router.headers(headers, end),
      lastData: (data, end) => this.router.data(data, end),
      lastTrailers: (trailers) => this.router.trailers(trailers),
      lastMetadata: (metadata) => this.router.metadata(metadata),
      aborted: () => this.runPrepared(),
      overLimit: () => {
        const body = encoder.encode("Payload Too Large");
        const details = "request_payload_too_large";
        this.localReply({ status: 413, body, headers: [], grpcStatus: -1, details });
        if (this.running.request === 0) this.runPrepared();
      },
      finished: () => this.finished || this.client.ended,
      drained: () => this.readOn(),
    };
  }

  private encodeSide(): Side<StreamFilter> {
    const guard = <T>(run: () => T): T => this.guard("response", run);
    const { limits } = this;
    return {
      get limit() {
        return limits.response;
      },
      headers: (filter, headers, end) => guard(() => filter.encodeHeaders(headers, end)),
      data: (filter, data, end) => guard(() => filter.encodeData(data, end)),
      trailers: (filter, trailers) => guard(() => filter.encodeTrailers(trailers)),
      metadata: (filter, metadata) => guard(() => filter.encodeMetadata?.(metadata)),
      lastHeaders: (headers, end) => this.client.headers(headers, end),
      lastData: (data, end) => this.client.data(data, end),
      lastTrailers: (trailers) => this.client.trailers(trailers),
      lastMetadata: (metadata) => this.env.trace?.wire("client gets metadata", metadata.pairs),
      aborted: () => undefined,
      overLimit: () => {
        if (this.client.started) return this.reset("response_payload_too_large");
        const body = encoder.encode("Internal Server Error");
        const details = "response_payload_too_large";
        this.direct({ status: 500, body, headers: [], grpcStatus: -1, details });
      },
      finished: () => this.finished || this.client.ended,
      drained: () => this.env.scheduler.post(() => this.router.readOn()),
    };
  }

  /** Client's request headers, already as the connection manager hands them to filters. */
  requestHeaders(headers: HeaderList, end: boolean): void {
    this.env.trace?.wire("client sends headers", headers.pairs, end ? "end" : "");
    if (this.isHostless(headers)) {
      this.decode.headers = headers;
      this.decode.complete = end;
      return this.replyDirect(400, "", "missing_host_header");
    }
    this.router.choice.selectFirst(headers);
    this.decode.start(headers, end);
  }

  /** The connection manager refuses such a request before any filter (harness.md 6.9). */
  private isHostless(headers: HeaderList): boolean {
    const { downstream, router } = this.env;
    return downstream === "h1" && router === "envoy" && !headers.get(":authority");
  }

  requestData(bytes: Uint8Array, end: boolean): void {
    this.env.trace?.wire("client sends body", bytes.length, end ? "end" : "");
    const data = new ByteQueue(bytes);
    this.held.push({ data, end });
    this.flushHeld();
  }

  /** There is room for more of the request. */
  readOn(): void {
    this.env.scheduler.post(() => this.flushHeld());
  }

  /** Above the watermark nothing more is read from the client until the buffer drains. */
  private flushHeld(): void {
    const isBackedUp = () => this.decode.backedUp || this.router.isBackedUp;
    while (this.held.length > 0 && !this.finished && !isBackedUp()) {
      const next = this.held.shift()!;
      if (next instanceof HeaderList) {
        this.decode.finish(next);
        continue;
      }
      this.requestBytes += next.data.size;
      this.decode.push(next.data, next.end);
    }
  }

  /** Somebody has more to say, and it is not read. */
  get readBlocked(): boolean {
    return this.held.length > 0 || this.router.unread;
  }

  /** Trailers wait behind a body that is not read yet. */
  requestTrailers(trailers: HeaderList): void {
    this.env.trace?.wire("client sends trailers", trailers.pairs);
    this.held.push(trailers);
    this.flushHeld();
  }

  /** METADATA of the client, which overtakes a body that is not read yet. */
  requestMetadata(metadata: HeaderList): void {
    this.env.trace?.wire("client sends metadata", metadata.pairs);
    this.decode.meta(metadata);
  }

  responseMetadata(metadata: HeaderList): void {
    if (!this.finished) this.encode.meta(metadata);
  }

  /** Client went away. The event loop hears of it when no guest is running. */
  abort(): void {
    if (this.finished) return;
    if ([...this.filters, ...this.router.filters].some((filter) => filter.isRunning)) {
      return this.env.scheduler.post(() => this.abort());
    }
    this.env.trace?.wire("client goes away");
    this.flags |= ResponseFlag.DownstreamConnectionTermination;
    this.details ||= "downstream_remote_disconnect";
    this.client.reset = true;
    this.finish();
  }

  reset(details: string): void {
    if (this.finished) return;
    this.env.trace?.wire("client gets reset", details);
    this.details = details;
    this.client.reset = true;
    this.finish();
  }

  resume(filter: StreamFilter, direction: Direction): void {
    if (this.finished) return;
    const path = this.path(direction);
    path.resume(path.slots.findIndex((slot) => slot.filter === filter));
  }

  /** Response of the upstream, entering the response filters. */
  responseHeaders(headers: HeaderList, end: boolean): void {
    if (this.finished || this.encode.headers) return;
    this.originalStatus = headers.get(":status");
    this.encode.start(headers, end);
  }

  responseData(data: ByteQueue, end: boolean): void {
    if (this.finished) return;
    this.responseBytes += data.size;
    const chunk = new ByteQueue();
    chunk.take(data);
    this.encode.push(chunk, end);
  }

  responseTrailers(trailers: HeaderList): void {
    if (!this.finished) this.encode.finish(trailers);
  }

  fail(_filter: StreamFilter): void {
    this.localReply(failReply());
  }

  /** Answers instead of the upstream: through the response filters, straight, or by a reset. */
  localReply(reply: Reply): void {
    if (this.finished) return;
    this.router.onLocalReply();
    if (this.running.request > 0) this.decode.aborted = true;
    else if (this.running.response > 0) this.encode.aborted = true;
    // A reply that comes after the upstream's headers went out resets: the answer is the upstream's.
    this.local ||= !this.client.started;
    this.details = reply.details;
    if (this.encode.headers === null) {
      if (this.running.request > 0) this.prepared ??= reply;
      else this.replyThroughFilters(reply);
    } else if (!this.client.started) this.direct(reply);
    else this.reset(reply.details);
  }

  private runPrepared(): void {
    const reply = this.prepared;
    this.prepared = null;
    if (reply && !this.finished) this.replyThroughFilters(reply);
  }

  private get isHead(): boolean {
    return this.decode.headers?.get(":method") === "HEAD";
  }

  private replyThroughFilters(reply: Reply): void {
    const grpc = isGrpc(this.decode.headers);
    const headers = replyHeaders(reply, grpc);
    const alone = grpc || reply.body.length === 0 || this.isHead;
    this.originalStatus = headers.get(":status");
    this.encode.start(headers, alone);
    if (alone || this.finished || this.encode.aborted) return;
    this.responseBytes += reply.body.length;
    this.encode.push(new ByteQueue(reply.body), true);
  }

  /** Past all filters, to the codec. */
  private direct(reply: Reply): void {
    this.encode.aborted = true;
    this.local = true;
    this.details = reply.details;
    const grpc = isGrpc(this.decode.headers);
    const headers = replyHeaders(reply, grpc);
    const alone = grpc || reply.body.length === 0 || this.isHead;
    this.encode.headers = headers;
    this.client.headers(headers, alone);
    if (!alone && !this.finished) this.client.data(new ByteQueue(reply.body), true);
  }

  /** Answers without the filters, e.g. for a response whose `:status` is gone. */
  replyDirect(status: number, text: string, details: string): void {
    this.direct({ status, body: encoder.encode(text), headers: [], grpcStatus: -1, details });
  }

  inject(filter: StreamFilter, bytes: Uint8Array, end: boolean): void {
    if (this.finished) return;
    const { encode } = this;
    const i = encode.slots.findIndex((slot) => slot.filter === filter);
    encode.inject(i, new ByteQueue(bytes), end);
  }

  /** End of the stream: log in chain order, then done and delete per filter. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.router.cancel();
    for (const filter of this.filters) filter.log();
    for (const filter of this.filters) filter.destroy();
    this.router.destroy();
    this.client.settled();
  }

  private get holding(): ReturnType<typeof holderOf> {
    return holderOf(this) ?? this.router.holding;
  }

  /** The filter that holds this stream; null when none does. */
  holdingFilter(): StreamFilter | null {
    return this.holding?.filter ?? null;
  }

  /** Names the filter that holds this stream, for messages. */
  holder(): string {
    const { holding } = this;
    if (holding) return `${holding.filter.name} (${holding.where})`;
    return this.readBlocked ? "the buffer limit (value 2 above it)" : "nobody";
  }
}
