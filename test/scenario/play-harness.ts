import {
  composite,
  createHost,
  HarnessFault,
  LoadError,
  priorities,
  type Host,
} from "proxy-wasm-test";
import type {
  ClientResponse,
  Cluster,
  ClusterTraits,
  PluginOptions,
  RouteOptions,
  UpstreamRequest,
} from "proxy-wasm-test";
import { ScriptedCluster } from "./harness-cluster.js";
import type { CalloutSeen, ClientSeen, Outcome, RequestOutcome, UpstreamSeen } from "./outcome.js";
import {
  clustersOf,
  targetsOf,
  type LogLevel,
  type PluginUse,
  type Profile,
  type RequestStep,
  type RouteRule,
  type Scenario,
} from "./scenario.js";
import { DEFAULT_HOST } from "./transcript.js";

export interface HarnessOptions {
  profile: Profile;
  /** Path of a plugin's module. */
  wasmFile: (plugin: PluginUse) => string;
  /** One VM instead of canary, main thread and worker; for the many runs of a variant. */
  single?: boolean;
  /** False: broken rules of use (harness.md 8.3) do not fail the run. Default true. */
  strict?: boolean;
  /** Further clusters by name, such as a Redis; what they are asked is not printed. */
  clusters?: Record<string, Cluster>;
}

/** What the host itself says; only a plugin's own lines belong to a transcript. */
const HOST_LINE =
  /^(Function: \S+ failed: |wasi_snapshot_preview1\.proc_exit|Attempted call to restricted proxy-wasm capability: )/;

/** Longest fake time one request may take. */
const SETTLE_MS = 120_000;

/**
 * Plays a scenario in the harness.
 *
 * @throws Error listing the rules a plugin broke, unless `strict` is false
 */
export async function playInHarness(scenario: Scenario, options: HarnessOptions): Promise<Outcome> {
  const traits = (name: string) => traitsOf(scenario, name, options);
  const clusters = clustersOf(scenario).map(
    (name) => new ScriptedCluster(name, scenario.answers, traits(name)),
  );
  const outer = Object.entries(scenario.env.clusters).flatMap(([name, rule]) => {
    if (!targetsOf(rule).length) return [];
    const make = rule.composite ? composite : priorities;
    const made = make(...targetsOf(rule));
    Object.assign(made.traits, traits(name));
    return [[name, made] as const];
  });
  let host: Host;
  try {
    host = await createHost({
      profile: options.profile,
      plugins: scenario.plugins
        .filter((plugin) => plugin.upstream === undefined)
        .map((plugin) => settings(plugin, options)),
      clusters: {
        ...Object.fromEntries(clusters.map((c): [string, Cluster] => [c.name, c])),
        ...Object.fromEntries(outer),
        ...options.clusters,
      },
      attemptCountHeaders: scenario.env.attemptCount,
      ...(scenario.env.routes.length ? { routes: scenario.env.routes.map(route) } : {}),
      downstream: protocolOf(scenario),
      upstreamProtocol: "h1",
      // The real one is told to use every upstream connection once (test/envoy/bootstrap.ts).
      connections: "new",
      lifecycle: options.single ? "single" : "envoy",
      strict: options.strict === false ? "off" : "error",
      logLevel: scenario.env.log,
      trace: false,
      ...(scenario.env.time === null ? {} : { startTime: Date.parse(scenario.env.time) }),
    });
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { accepted: false, refusal: refusalLog(error), requests: [] };
  }
  try {
    const requests: RequestOutcome[] = [];
    for (const step of scenario.steps)
      requests.push(await playStep(host, clusters, scenario, step));
    const broken = options.strict === false ? "" : host.describeViolations();
    if (broken) throw new Error(`rules of use broken:\n${broken}`);
    return { accepted: true, refusal: [], requests };
  } finally {
    await host.close();
  }
}

/** What a scenario says about a cluster besides its answers. */
function traitsOf(scenario: Scenario, name: string, options: HarnessOptions): ClusterTraits {
  const { maxRetries, metadata } = scenario.env.clusters[name] ?? {};
  const filters = scenario.plugins.filter((plugin) => plugin.upstream === name);
  return {
    ...(maxRetries === undefined ? {} : { maxRetries }),
    ...(metadata ? { metadata } : {}),
    ...(filters.length ? { filters: filters.map((plugin) => settings(plugin, options)) } : {}),
  };
}

/** A plugin as the harness wants it. */
function settings(plugin: PluginUse, options: HarnessOptions): PluginOptions {
  const { failurePolicy, capabilities, allowOnHeadersStopIteration } = plugin;
  const { name, config, rootId } = plugin;
  return {
    name,
    rootId,
    vmId: "golden",
    config,
    wasm: options.wasmFile(plugin),
    allowOnHeadersStopIteration,
    ...(failurePolicy === "LEGACY_OPEN" ? { failOpen: true } : { failurePolicy }),
    ...(capabilities ? { allowedCapabilities: [...capabilities] } : {}),
  };
}

async function playStep(
  host: Host,
  clusters: ScriptedCluster[],
  scenario: Scenario,
  step: RequestStep,
): Promise<RequestOutcome> {
  if (step.afterMs) await host.clock.advance(step.afterMs);
  const before = { ...host.metrics.all };
  const logFrom = host.logs.length;
  for (const cluster of clusters) cluster.mark();
  const answer = await send(host, step);
  await host.clock.runToIdle();
  const visits = clusters.flatMap((cluster) => cluster.visits());
  return {
    callouts: visits
      .filter(({ request }) => request.via !== "router")
      .map(({ request, answer }): CalloutSeen => ({ seen: upstreamSeen(request), answer })),
    upstream: visits
      .filter(({ request }) => request.via === "router")
      .sort((a, b) => a.order - b.order)
      .map(({ request }) => upstreamSeen(request)),
    client: clientSeen(answer),
    metrics: Object.entries(host.metrics.all)
      .map(([name, value]): [string, number] => [name, value - (before[name] ?? 0)])
      // The host's own counters (`wasm.<plugin>.vm_reload_success`) are not the plugin's, and a
      // histogram has no value.
      .filter(([name, change]) => change !== 0 && !name.startsWith("wasm."))
      .filter(([name]) => !host.metrics.histogram(name).length)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
    attributes: scenario.env.attributes.flatMap((key): [string, string][] => {
      const value = answer?.filterState[key];
      return value?.length ? [[key, Buffer.from(value).toString("utf8")]] : [];
    }),
    log: host.logs
      .slice(logFrom)
      .filter(({ text }) => !HOST_LINE.test(text))
      .map(({ level, text }) => ({ level, text })),
  };
}

/** Null when the client left before an answer. */
async function send(host: Host, step: RequestStep): Promise<ClientResponse | null> {
  const target = `http://${DEFAULT_HOST}${step.path}`;
  const framing = step.chunked ? ("chunked" as const) : ("content-length" as const);
  const headers = step.hostless ? [[":authority", ""] as const, ...step.headers] : step.headers;
  const init = { method: step.method, headers, framing };
  const body = step.body === null ? {} : { chunks: step.body };
  const trailers = step.trailers.length ? { trailers: step.trailers } : {};
  if (!step.abort) {
    const pending = host.fetch(target, { ...init, ...body, ...trailers });
    try {
      return await pending.settle(SETTLE_MS);
    } catch (error) {
      // Nothing can finish the request: the same silence a client of a real gateway meets.
      if (error instanceof HarnessFault && error.message.includes("stalled")) return null;
      throw error;
    }
  }
  const length = (step.body ?? []).reduce((sum, piece) => sum + piece.length, 0);
  const sized: [string, string][] =
    step.body && !step.chunked ? [["content-length", String(length)]] : [];
  const stream = host.stream(target, { ...init, headers: [...step.headers, ...sized] });
  await stream.headers({ end: step.body === null });
  const pieces = step.body ?? [];
  for (const [i, piece] of pieces.entries()) {
    const last = i === pieces.length - 1 && !step.trailers.length;
    await stream.data(piece, { end: last });
  }
  if (step.trailers.length) await stream.trailers(step.trailers);
  await host.clock.advance(ABORT_AFTER_MS);
  const { partial } = stream;
  await stream.abort();
  return partial;
}

/** Patience of a client that leaves; the same as the real one's. */
const ABORT_AFTER_MS = 400;

function protocolOf(scenario: Scenario): "h1" | "h2" {
  const protocols = new Set(scenario.steps.map((step) => step.protocol));
  if (protocols.size > 1) throw new Error(`${scenario.title}: h1 and h2 in one scenario`);
  return protocols.has("h2") ? "h2" : "h1";
}

function route(rule: RouteRule): RouteOptions {
  const { prefix, path, headers, ...rest } = rule;
  const match = {
    ...(path === undefined ? { prefix: prefix ?? "/" } : { path }),
    ...(headers ? { headers } : {}),
  };
  const target =
    rule.cluster || rule.clusterHeader || rule.directResponse ? {} : { cluster: "backend" };
  return { ...rest, ...target, match };
}

function upstreamSeen(request: UpstreamRequest): UpstreamSeen {
  return {
    cluster: request.cluster,
    method: request.method,
    path: request.path,
    authority: request.authority,
    headers: request.headers,
    body: request.bytes,
    trailers: request.trailers,
    complete: request.complete && request.missing === 0,
    surplus: request.surplus,
  };
}

function clientSeen(answer: ClientResponse | null): ClientSeen {
  if (!answer) {
    const nothing = Buffer.alloc(0);
    return { status: 0, headers: [], body: nothing, trailers: [], details: "", complete: false };
  }
  return {
    status: answer.status,
    headers: answer.headers.pairs,
    body: answer.body,
    trailers: answer.trailers,
    details: answer.details,
    complete: !answer.reset && answer.missing === 0,
  };
}

/** The plugin's own lines, which the harness appends to the message of a refusal. */
function refusalLog(error: Error): { level: LogLevel; text: string }[] {
  const lines = error.message.split(/\n {2}(?=(?:error|critical): )/).slice(1);
  return lines.map((line) => {
    const colon = line.indexOf(": ");
    return { level: line.slice(0, colon) as LogLevel, text: line.slice(colon + 2) };
  });
}
