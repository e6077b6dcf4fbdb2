/* eslint-disable max-lines -- the public types are read as one page */
/** Every public type of the harness that is not a class. Start reading at `HostOptions`. */

/** One header as (name, value). Text is UTF-8 where the bytes are valid UTF-8, else latin-1. */
export type HeaderPair = [name: string, value: string];

/** Headers as a test writes them: a record (array value = repeated header) or an ordered list. */
export type HeadersInput =
  | Record<string, string | number | readonly string[]>
  | Iterable<readonly [string, string | Uint8Array]>;

/** Bytes as a test writes them; strings are UTF-8. */
export type BytesInput = string | Uint8Array;

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export type ProfileName = "envoy-1.40" | "higress-2.1" | "higress-2.2" | "proxytest";
export type FailurePolicy = "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";
export type Severity = "off" | "info" | "warn" | "error" | "fatal";
export type Direction = "request" | "response";

/** A compiled module together with its bytes; the bytes are needed because V8 hides signatures. */
export interface CompiledWasm {
  module: WebAssembly.Module;
  bytes: Uint8Array;
}

/** One wasm plugin of the chain. */
export interface PluginOptions {
  /** Path, file URL, bytes, or module and bytes. */
  wasm: string | URL | Uint8Array | CompiledWasm;
  /** Default `p0`, `p1`, … by place. */
  name?: string;
  rootId?: string;
  vmId?: string;
  /** Text and bytes go verbatim; any other value is `JSON.stringify`ed. */
  config?: Json | Uint8Array;
  vmConfig?: Json | Uint8Array;
  allowOnHeadersStopIteration?: boolean;
  failurePolicy?: FailurePolicy;
  /** Legacy switch; differs from `FAIL_OPEN` for the trapping stream. */
  failOpen?: boolean;
  /** `FAIL_RELOAD` only; default 1000. */
  reloadBackoffMs?: number;
  env?: Record<string, string>;
  /** Names of host functions and callbacks allowed; empty or absent = all. */
  allowedCapabilities?: readonly string[];
}

/** What a native filter's callback returns; absent = `Continue`. */
export type NativeHeadersStatus =
  | "Continue"
  | "StopIteration"
  | "StopAllIterationAndBuffer"
  | "StopAllIterationAndWatermark"
  | void;
export type NativeDataStatus =
  | "Continue"
  | "StopIterationAndBuffer"
  | "StopIterationAndWatermark"
  | "StopIterationNoBuffer"
  | void;
export type NativeTrailersStatus = "Continue" | "StopIteration" | void;

/** Live header map handed to a native filter; edits are seen by every later filter. */
export interface NativeHeaders {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  add(name: string, value: string): void;
  remove(name: string): void;
  pairs(): HeaderPair[];
}

/** The current chunk handed to a native filter. */
export interface NativeBody {
  bytes(): Uint8Array;
  replace(bytes: BytesInput): void;
}

/** What a native filter can do besides returning a status. */
export interface NativeControl {
  reply(
    status: number,
    init?: { headers?: HeadersInput; body?: BytesInput; details?: string },
  ): void;
  continueRequest(): void;
  continueResponse(): void;
  setFilterState(key: string, value: BytesInput): void;
}

/** A filter written in the test instead of wasm: a stand-in for buffers, auth, header edits. */
export interface NativeFilter {
  name?: string;
  native: {
    requestHeaders?(
      headers: NativeHeaders,
      end: boolean,
      control: NativeControl,
    ): NativeHeadersStatus;
    requestBody?(body: NativeBody, end: boolean, control: NativeControl): NativeDataStatus;
    requestTrailers?(trailers: NativeHeaders, control: NativeControl): NativeTrailersStatus;
    responseHeaders?(
      headers: NativeHeaders,
      end: boolean,
      control: NativeControl,
    ): NativeHeadersStatus;
    responseBody?(body: NativeBody, end: boolean, control: NativeControl): NativeDataStatus;
    responseTrailers?(trailers: NativeHeaders, control: NativeControl): NativeTrailersStatus;
  };
}

/** One route; the first that matches wins. An absent `match` matches everything. */
export interface RouteOptions {
  name?: string;
  match?: {
    prefix?: string;
    path?: string;
    host?: string;
    method?: string;
    headers?: Record<string, string>;
  };
  cluster?: string;
  /** Cluster name is the value of this request header (Envoy `cluster_header`). */
  clusterHeader?: string;
  directResponse?: { status: number; body?: BytesInput };
  /** Default 15000; 0 = none. A request's `x-envoy-upstream-rq-timeout-ms` comes before it. */
  timeoutMs?: number;
  /** Retry policy; what a request's `x-envoy-retry-on` asks for is added to it. */
  retry?: RetryOptions;
  /** `xds.route_metadata.filter_metadata`, by namespace. */
  metadata?: Record<string, Json>;
}

/** Retry policy of a route. */
export interface RetryOptions {
  /** As in `x-envoy-retry-on`, e.g. `5xx,reset`; default none. */
  on?: string;
  /** Default 1; `x-envoy-max-retries` comes before it. */
  retries?: number;
  perTryTimeoutMs?: number;
  /** For `retriable-status-codes`. */
  statusCodes?: readonly number[];
}

/** Limits of one guest callback; an absent field is not looked at. */
export interface CallBudget {
  hostCalls?: number;
  /** Blocks the host takes from the guest's allocator for results; the guest's own are not seen. */
  allocations?: number;
  /** Wall time, so not the same in every run. */
  ms?: number;
}

/** Options of `createHost`. */
export interface HostOptions {
  /** Default `envoy-1.40`. */
  profile?: ProfileName;
  /** In filter order; at least one, here or among the filters of a cluster. */
  plugins: readonly (PluginOptions | NativeFilter)[];
  /** Default `error`: rules keep their own severity. `warn`: nothing fails a test. Or per rule. */
  strict?: "off" | "warn" | "error" | Record<string, Severity>;
  /** `envoy` (default): base, canary, main thread and workers. `single`: one VM only. */
  lifecycle?: "envoy" | "single";
  clock?: "fake" | "real";
  /** Wall clock at start, epoch milliseconds; default 2026-01-01T00:00:00Z under the fake clock. */
  startTime?: number;
  workers?: number;
  downstream?: "h1" | "h2";
  /** Shape of the last chunk of an upstream's answer; default as `downstream`. */
  upstreamProtocol?: "h1" | "h2";
  /**
   * `open` (default): the router finds a connection in its pool and writes the request at once.
   * `new`: it has to connect first. Until then, edits of request headers still count although the
   * filters let them go, and a request given up is never seen upstream. Needs time to pass. A call-out
   * with an illegal header is begun and answered 503; over an open connection it is refused.
   */
  connections?: "open" | "new";
  /** Default 1 MiB (h1), 16 MiB (h2). */
  bufferLimitBytes?: number;
  clusters?: Record<string, Cluster>;
  /** Default: everything to cluster `backend`. */
  routes?: readonly RouteOptions[];
  /** Page cap of a guest memory; default 1024. */
  maxMemoryMiB?: number;
  /**
   * Watchdog for endless loops in a guest, milliseconds; 0 = off. Default 2000 in tests that load
   * `proxy-wasm-test/vitest/setup`, else 0: it costs a thread per guest call.
   */
  callTimeoutMs?: number;
  /** What callbacks may use (rule S30), by name of the callback; `*` = all others. Default: no limit. */
  budgets?: Record<string, CallBudget>;
  /** Default on; `false` costs nothing; a filter keeps what it names. */
  trace?: boolean | TraceFilter;
  seed?: number;
  /** Lines below this level are dropped, as Envoy's `--component-log-level wasm:` does; default `info`. */
  logLevel?: LogLevel;
  /** `bare` leaves out x-request-id, x-envoy-*, date, server. Default `envoy`. */
  router?: "envoy" | "bare";
  /** Answers `proxy_get_property` before anything else; path segments joined by `.`. */
  properties?: Record<string, BytesInput>;
  /**
   * Addresses by name for `envoy_resolve_dns`; null = no server answers. An address is its own; any other
   * name has none.
   */
  dns?: Record<string, readonly string[] | null>;
  /** Adds `x-envoy-attempt-count` to requests upstream and to answers. Default false. */
  attemptCountHeaders?: boolean;
  /** Share with another host: shared data, queues and cas counter of one "process". */
  sharedWith?: { readonly process: unknown };
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "critical";

/** Anything that can stand behind a cluster name: `upstream()`, `composite()`, `redis()`, a live URL. */
export type Cluster = UpstreamHandler | TargetsHandler | RedisHandler | string | URL;

/** What a cluster has besides its answers. */
export interface ClusterTraits {
  /** Upstream HTTP filters in order: they run once per attempt, before the request leaves. */
  filters?: readonly (PluginOptions | NativeFilter)[];
  /** Retries that may be under way at once, over all requests (circuit breaker); default 3. */
  maxRetries?: number;
  /** Of its endpoint: `xds.upstream_host_metadata.filter_metadata`, by namespace. */
  metadata?: Record<string, Json>;
  /** Of its endpoint; default `127.0.0.1:80`. */
  address?: string;
}

/** A cluster that sends each attempt to one of several other clusters. */
export interface TargetsHandler {
  readonly kind: "targets";
  /** `composite`: the n-th attempt goes to the n-th. `priorities`: from the first again after the last. */
  readonly order: "composite" | "priorities";
  /** Names of other clusters. */
  readonly names: readonly string[];
  readonly traits: ClusterTraits;
}

/** What an upstream was sent. Filled while the request is still arriving. */
export interface UpstreamRequest {
  cluster: string;
  /** `router` for proxied requests, else the call-out kind. */
  via: "router" | "http_call" | "grpc_call" | "grpc_stream";
  method: string;
  path: string;
  authority: string;
  /** In order, duplicates kept, pseudo headers first. */
  headers: HeaderPair[];
  /** UTF-8 view of `bytes`. */
  readonly body: string;
  /** What an HTTP/1.1 server takes for the body: cut at content-length. */
  readonly bytes: Uint8Array;
  /** Bytes after content-length: the server reads them as its next request. */
  readonly surplus: Uint8Array;
  /** Bytes promised by content-length that never came. */
  readonly missing: number;
  chunks: Uint8Array[];
  trailers: HeaderPair[];
  /** METADATA frames of HTTP/2. */
  metadata: HeaderPair[][];
  complete: boolean;
  /** Set when the proxy gave the request up. */
  reset: boolean;
  at: number;
  get(name: string): string | undefined;
}

/** How an upstream answers; every method may be called later, from a timer. */
export interface UpstreamSink {
  headers(headers: HeadersInput, end?: boolean): void;
  data(chunk: BytesInput, end?: boolean): void;
  trailers(trailers: HeadersInput): void;
  /** A METADATA frame; nothing over HTTP/1.1. */
  metadata(metadata: HeadersInput): void;
  reset(reason?: ResetReason): void;
  /** Runs `fn` after fake (or real) milliseconds, unless the request is gone. */
  after(ms: number, fn: () => void): void;
  /** Marks real I/O under way; call the result when it is over. */
  busy(): () => void;
  /** The upstream itself is broken: ends the test with `error`. */
  fail(error: unknown): void;
  /** Runs `fn` when the proxy gives the request up. */
  onCancel(fn: () => void): void;
  readonly closed: boolean;
}

export type ResetReason =
  | "connection failure"
  | "connection termination"
  | "remote reset"
  | "refused stream"
  | "protocol error";

export interface UpstreamHandler {
  readonly kind: "upstream";
  readonly requests: UpstreamRequest[];
  readonly last: UpstreamRequest | undefined;
  /** False: a call-out gets InternalFailure and the router answers 503. */
  readonly hasEndpoints: boolean;
  readonly traits?: ClusterTraits;
  /** Called at request headers; poll or wait for `request.complete` through `onComplete`. */
  open(request: UpstreamRequest, sink: UpstreamSink, onComplete: (fn: () => void) => void): void;
}

export interface RedisHandler {
  readonly kind: "redis";
  readonly hasEndpoints: boolean;
  /** Commands in order of arrival, decoded. */
  readonly commands: string[][];
  connect(env: RedisEnv, login: RedisLogin): RedisConnection;
  /** Told about every `proxy_redis_init`. */
  configured?(env: RedisEnv, login: RedisLogin): void;
}

export interface RedisLogin {
  username: string;
  password: string;
  database: number;
  timeoutMs: number;
}

/** What a Redis driver may use of the host. */
export interface RedisEnv {
  now(): number;
  timer(ms: number, fn: () => void): { cancel(): void };
  post(fn: () => void): void;
  /** Marks one piece of real I/O; the fake clock waits for it. Call the result when done. */
  busy(): () => void;
}

export interface RedisConnection {
  /** Sends raw RESP; the reply is one whole RESP value, or null for a network error. */
  send(query: Uint8Array, done: (reply: Uint8Array | null) => void): void;
  close(): void;
  /** True once the connection broke: the next command needs a new one. */
  readonly closed?: boolean;
}

/** The answer as the client saw it. */
export interface ClientResponse {
  status: number;
  ok: boolean;
  headers: HeaderView;
  /** What an HTTP/1.1 client takes for the body: cut at content-length. */
  body: Uint8Array;
  surplus: Uint8Array;
  missing: number;
  trailers: HeaderPair[];
  /** Body frames as they were sent. */
  chunks: Uint8Array[];
  /** Answered by a filter or by the proxy itself rather than by an upstream. */
  local: boolean;
  /** `response.code_details`: `via_upstream`, `route_not_found`, a plugin's own. */
  details: string;
  /** Envoy response flag bits. */
  flags: number;
  route: string;
  cluster: string;
  /** True when the stream was reset instead of finished. */
  reset: boolean;
  /** What the router sent upstream for this stream; two entries = sent twice. */
  upstream: UpstreamRequest[];
  /** Filter state set by plugins, by key without the `wasm.` prefix. */
  filterState: Record<string, Uint8Array>;
  text(): string;
  json(): unknown;
  bytes(): Uint8Array;
  toResponse(): Response;
}

export interface HeaderView extends Iterable<HeaderPair> {
  readonly pairs: HeaderPair[];
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string): boolean;
}

export interface FetchInit {
  method?: string;
  headers?: HeadersInput;
  body?: BytesInput;
  /** Sends the body in these pieces instead. Empty pieces are sent as such. */
  chunks?: readonly BytesInput[];
  trailers?: HeadersInput;
  /** h1 framing when a body is sent: default `content-length`. */
  framing?: "content-length" | "chunked";
  worker?: number;
  /** Properties of this request alone, e.g. `source.address`; before those of the host. */
  properties?: Record<string, BytesInput>;
}

/** `host.fetch(…)`: await it, or advance the fake clock first. */
export interface FetchPromise extends Promise<ClientResponse> {
  /** Advances the fake clock, then settles. */
  advance(ms: number): Promise<ClientResponse>;
  /** Advances as far as needed for the answer, at most `maxMs` (default 60000). */
  settle(maxMs?: number): Promise<ClientResponse>;
}

/** What one step did to the filter chain. */
export interface StepResult {
  /** Callbacks run by this step, in order. */
  callbacks: StepCallback[];
  paused: boolean;
  /** Who paused, and with what: the last Stop of the step. */
  by?: string;
  action?: string;
  /** Status of a local reply sent by this step. */
  local?: number;
}

export interface StepCallback {
  plugin: string;
  callback: string;
  /** Name of the returned action after conversion, e.g. `StopIterationAndBuffer`. */
  action: string;
  /** Its number; under `proxytest` both are as the plugin returned them. */
  returned: number;
  size: number;
  endOfStream: boolean;
}

export interface FilterState {
  plugin: string;
  request: string;
  response: string;
}

export interface StreamState {
  id: number;
  filters: FilterState[];
  /** True when some filter holds the stream. */
  paused: boolean;
  finished: boolean;
  bufferedRequest: number;
  bufferedResponse: number;
}

export interface LogLine {
  level: LogLevel;
  text: string;
  plugin: string;
  rootId: string;
  vmId: string;
  vm: string;
  context: number;
  at: number;
}

export interface Violation {
  rule: string;
  severity: Severity;
  message: string;
  plugin: string;
  callback: string;
  call?: string;
  stack?: string;
  anchor: string;
}

/** One call-out and what became of it. */
export interface Callout {
  function: "proxy_http_call" | "proxy_grpc_call" | "proxy_grpc_stream" | "proxy_redis_call";
  plugin: string;
  vm: string;
  cluster: string;
  token: number;
  /** Status returned to the guest. */
  status: number;
  headers: HeaderPair[];
  body: Uint8Array;
  trailers: HeaderPair[];
  timeoutMs: number;
  /** Decoded words of a Redis command. */
  command?: string[];
  /** HTTP status as text, `reset`, `cancelled`, `ok`, `network error`; undefined while outstanding. */
  outcome: string | undefined;
  response?: { headers: HeaderPair[]; body: Uint8Array; trailers: HeaderPair[] };
  at: number;
  doneAt?: number;
}

/** Calls of one host function in order. */
export interface Calls<T> {
  all: T[];
  count: number;
  last: T | undefined;
}

/** `host` and `status`: entry and exit of a host call; `action`: done after the callback that asked. */
export type TraceKind =
  "call" | "return" | "host" | "status" | "action" | "wire" | "log" | "violation" | "trap";

export interface TraceEvent {
  seq: number;
  /** Epoch milliseconds of the host's clock. */
  at: number;
  vm: string;
  plugin: string;
  /** Context of the running callback, the VM's own number; 0 = none. */
  context: number;
  effective: number;
  kind: TraceKind;
  name: string;
  /** Import module of a host call. */
  module?: string;
  /** As passed; pointers included. The serialisers show them in words. */
  args: readonly (number | bigint | string)[];
  /** Of `host`: what the arguments pointed to at entry, in their order. */
  inputs?: readonly Uint8Array[];
  /** Of `host`: ids and sizes the call wrote. */
  outputs?: readonly string[];
  /** Of `host`: false or absent when a trap cut the call off. */
  ended?: boolean;
  /** Also of `host`, once the call has ended. */
  result?: number | string;
}

/** What a trace keeps; an absent field keeps everything. */
export interface TraceFilter {
  /** Events kept, the latest ones; default 10000. */
  ring?: number;
  kinds?: readonly TraceKind[];
  plugins?: readonly string[];
  /** Labels of VMs, e.g. `worker0`. */
  vms?: readonly string[];
  /** Of callbacks, host calls, rules, actions. */
  names?: RegExp;
}

export interface MetricsView {
  /** By the name the plugin defined, without `wasmcustom.`. */
  readonly all: Record<string, number>;
  counter(name: string): number;
  gauge(name: string): number;
  /** Recorded values in order. */
  histogram(name: string): number[];
}

export interface FakeClock {
  /** Wall clock, epoch milliseconds. Settable without touching timers. */
  now: number;
  /** Monotonic nanoseconds. Settable without touching timers. */
  monotonic: bigint;
  advance(ms: number): Promise<void>;
  /** Runs timers until none is left except ticks, at most `maxMs` (default 60000). */
  runToIdle(maxMs?: number): Promise<void>;
}

/** Whom a fault meets; absent = everybody. Only calls of the target are counted. */
export interface FaultTarget {
  plugin?: string;
  worker?: number | "main";
}

/** Faults; each applies until `clear()`. */
export interface Inject {
  /** Trap at the n-th (from 1) call of a host function. */
  trap(hostCall: string, nth?: number, at?: FaultTarget): void;
  /** Force the status of a host function, from the n-th call on, `times` times. */
  status(
    hostCall: string,
    status: number,
    options?: { nth?: number; times?: number } & FaultTarget,
  ): void;
  /** The guest's allocator answers 0. */
  allocator(nth?: number, times?: number, at?: FaultTarget): void;
  /** Runs `fn` just before the n-th call of a host function: CAS races, aborts. */
  before(hostCall: string, fn: () => void, nth?: number, at?: FaultTarget): void;
  /** The client goes away after the k-th stream callback from now; its event ends first. */
  abort(step: number): void;
  /** The wall clock jumps by `ms` (negative: back) after the k-th stream callback; timers stay. */
  clockJump(ms: number, step?: number): void;
  /** New VMs, as after a configuration push, after the k-th stream callback; its event ends first. */
  reload(step: number): void;
  clear(): void;
}

export interface SharedDataView {
  get(key: string, vmId?: string): { value: Uint8Array; cas: number } | undefined;
  text(key: string, vmId?: string): string | undefined;
  set(key: string, value: BytesInput, vmId?: string): void;
  keys(vmId?: string): string[];
  delete(key: string, vmId?: string): void;
}
