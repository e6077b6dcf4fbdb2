/**
 * One scenario: what a client sends through a chain of plugins, what stands behind them, and the
 * transcript of everything that became visible outside. The same object is played by the harness
 * (`play-harness.ts`) and by a real Envoy (`test/envoy/backend.ts`).
 */

/** One header or trailer; text is latin-1 or UTF-8, names as written. */
export type HeaderPair = [name: string, value: string];

/** Any JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Host profiles of the harness a scenario is played on (harness.md 7). */
export const PROFILES = ["envoy-1.40", "higress-2.1", "higress-2.2"] as const;
export type Profile = (typeof PROFILES)[number];

/** Framing and protocol a client uses; `auto` is what the request block says. */
export type Protocol = "h1" | "h2";

/** One plugin of the chain, in filter order. */
export interface PluginUse {
  /** `key-auth` stands for `build/<host>/key-auth.wasm`; a name ending in `.wasm` is a path. */
  name: string;
  /** Plugin configuration exactly as the host hands it over. */
  config: string;
  /** Envoy `allow_on_headers_stop_iteration`; default true, as our manifests set it (host.md 6.6). */
  allowOnHeadersStopIteration: boolean;
  /** `LEGACY_OPEN` is the field `fail_open: true` of older configurations. */
  failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD" | "LEGACY_OPEN";
  rootId: string;
  /** Capabilities of `capability_restriction_config`; absent = no restriction. */
  capabilities?: readonly string[];
  /** Upstream filter of this cluster instead of a filter of the listener. */
  upstream?: string;
}

/** Bytes of a message body in the pieces they are sent in; null = no body at all. */
export type Pieces = Uint8Array[] | null;

/** One request of the client. */
export interface RequestStep {
  method: string;
  path: string;
  /** Without pseudo headers, `content-length` and `transfer-encoding`: the sender frames. */
  headers: HeaderPair[];
  body: Pieces;
  trailers: HeaderPair[];
  protocol: Protocol;
  /** HTTP/1.1 only: `transfer-encoding: chunked` instead of a length. */
  chunked: boolean;
  /** The client sends what is written, then goes away without waiting. */
  abort: boolean;
  /** HTTP/1.1 only: no host header, which a gateway refuses before any filter. */
  hostless?: boolean;
  /** Time that passes before the request, in ms. */
  afterMs: number;
}

/** What an upstream does with one request. */
export interface Answer {
  /** Cluster it stands for; empty = the upstream of the route. */
  cluster: string;
  /**
   * `answer` replies, `reset` drops the connection, `cut` drops it after the body, `silent` sends the
   * body and then nothing more, `never` waits; `refused`: nobody listens; `empty`: the cluster has no endpoint.
   */
  kind: "answer" | "reset" | "cut" | "silent" | "never" | "refused" | "empty";
  status: number;
  headers: HeaderPair[];
  body: Pieces;
  trailers: HeaderPair[];
  /** True: no content-length, as a streaming upstream sends it. */
  chunked: boolean;
  /** Time before the answer starts, in ms. */
  afterMs: number;
}

/** One route; the first that matches wins. Same meaning as `RouteOptions` of the harness. */
export interface RouteRule {
  name?: string;
  prefix?: string;
  path?: string;
  /** Exact values of request headers. */
  headers?: Record<string, string>;
  cluster?: string;
  /** The cluster is named by this request header. */
  clusterHeader?: string;
  directResponse?: { status: number; body?: string };
  timeoutMs?: number;
  retry?: RetryRule;
  metadata?: Record<string, Json>;
}

/** Same meaning as `RetryOptions` of the harness. */
export interface RetryRule {
  on?: string;
  retries?: number;
  perTryTimeoutMs?: number;
  statusCodes?: number[];
}

/** What a cluster has besides its answers. */
export interface ClusterRule {
  /** Clusters it is made of: the n-th attempt goes to the n-th. */
  composite?: string[];
  /** Clusters it is made of: attempts go to the next, and from the last to the first again. */
  priorities?: string[];
  /** Retries that may be under way at once; default 3. */
  maxRetries?: number;
  /** Metadata of its endpoint, by namespace. */
  metadata?: Record<string, Json>;
}

/** What surrounds the plugins. */
export interface Environment {
  routes: RouteRule[];
  /** By name; a cluster that needs nothing special is not listed. */
  clusters: Record<string, ClusterRule>;
  /** `x-envoy-attempt-count` is written into requests and answers. */
  attemptCount: boolean;
  /** Filter-state keys (without `wasm.`) printed as `attribute` lines. */
  attributes: string[];
  /** Lowest plugin log level the host lets through. */
  log: LogLevel;
  /** Start of the fake clock, ISO 8601; a real Envoy uses the real time. */
  time: string | null;
  /** Where the scenario is not played, and why: `envoy`, a profile, `cuts`, `chunked`, `trailers`, `h2`. */
  skip: Record<string, string>;
  /**
   * Headers whose values depend on when they are sent, and which part does, as a regular
   * expression: `{ retry-after: "\\d+" }`. It is printed as `…`. `:body` is the client's body,
   * `:attribute` each attribute; there it is printed as `...`.
   */
  vary: Record<string, string>;
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "critical"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An expected transcript and where it stands in its file, so that it can be rewritten. */
export interface Expected {
  /** Empty = every host; else the one host it is for (`higress-2.1`, `envoy` = the real one). */
  host: string;
  text: string;
  /** Zero-based lines of the opening and the closing fence. */
  from: number;
  to: number;
}

export interface Scenario {
  title: string;
  why: string;
  file: string;
  /** Line of the heading, from 1. */
  line: number;
  plugins: PluginUse[];
  steps: RequestStep[];
  /** In order per cluster; the last one of a cluster repeats. */
  answers: Answer[];
  env: Environment;
  expected: Expected[];
}

/** Name of the cluster a route leads to when the scenario says nothing. */
export const BACKEND = "backend";

/** The answer of an upstream nobody scripted: 200 with the text `ok`. */
export function defaultAnswer(cluster = ""): Answer {
  return {
    cluster,
    kind: "answer",
    status: 200,
    headers: [["content-type", "text/plain"]],
    body: [Buffer.from("ok")],
    trailers: [],
    chunked: false,
    afterMs: 0,
  };
}

/** The n-th (from 0) answer of a cluster; `""` and `backend` are the same upstream. */
export function answerOf(answers: readonly Answer[], cluster: string, n: number): Answer {
  const own = answers.filter((answer) => (answer.cluster || BACKEND) === (cluster || BACKEND));
  return own[Math.min(n, own.length - 1)] ?? defaultAnswer(cluster);
}

/** Names of the clusters a cluster is made of; none when it has an upstream of its own. */
export function targetsOf(rule: ClusterRule | undefined): string[] {
  return rule?.composite ?? rule?.priorities ?? [];
}

/** Every cluster with an upstream of its own that a scenario needs, `backend` first. */
export function clustersOf(scenario: Scenario): string[] {
  const { routes, clusters } = scenario.env;
  const routed = routes.flatMap((route) => route.cluster ?? []);
  const scripted = scenario.answers.map((answer) => answer.cluster || BACKEND);
  const listed = Object.entries(clusters).flatMap(([name, rule]) => [name, ...targetsOf(rule)]);
  const names = [...new Set([BACKEND, ...routed, ...scripted, ...listed])];
  return names.filter((name) => !targetsOf(clusters[name]).length);
}

/** The scenario's own clusters: made of others, or with upstream filters or limits. */
export function ownClustersOf({ env, plugins }: Scenario): string[] {
  const filtered = plugins.flatMap((plugin) => plugin.upstream ?? []);
  const special = Object.entries(env.clusters).filter(
    ([, rule]) => targetsOf(rule).length || rule.maxRetries !== undefined,
  );
  return [...new Set([...special.map(([name]) => name), ...filtered])];
}

/** The transcript a host must produce; undefined when the golden has none yet. */
export function expectedFor(scenario: Scenario, host: string): Expected | undefined {
  const own = scenario.expected.find((expected) => expected.host === host);
  return own ?? scenario.expected.find((expected) => expected.host === "");
}
