/* eslint-disable max-lines -- the façade a test talks to */
import { HeaderList } from "../abi/header-list.js";
import { LoadError } from "../abi/link.js";
import { asBytes, toBinary, toText } from "../abi/text.js";
import type { Environment, Place } from "../engine/environment.js";
import { pluginKey, startBase, Thread, vmKey, type ChainItem } from "../engine/lifecycle.js";
import type { PluginSettings } from "../engine/plugin.js";
import { MetricStore } from "../engine/metrics.js";
import { HostProcess } from "../engine/process.js";
import { Stream } from "../engine/stream.js";
import { findProfile, type Profile } from "../profiles/index.js";
import type {
  BytesInput,
  Callout,
  Calls,
  Cluster,
  FetchInit,
  FetchPromise,
  HeaderPair,
  HostOptions,
  Inject,
  LogLine,
  MetricsView,
  RedisHandler,
  SharedDataView,
  StepCallback,
  TargetsHandler,
  TraceEvent,
  UpstreamHandler,
  Violation,
} from "../types.js";
import { checkOptions } from "./check-options.js";
import { FakeScheduler, RealScheduler } from "./clock.js";
import { DEFAULT_START } from "./default-start.js";
import { Faults } from "./faults.js";
import { viewMetrics } from "./metrics-view.js";
import { checking, openHosts, recentHosts } from "./open-hosts.js";
import { settlePlugin } from "./plugin-settings.js";
import { Random } from "./random.js";
import { redis } from "./redis.js";
import { buildRequest } from "./request.js";
import { Answer } from "./response.js";
import { describeViolation, Rules } from "./rules.js";
import { Stalls } from "./stalls.js";
import { StreamHandle } from "./stream-handle.js";
import { Trace } from "./trace.js";
import { LiveUpstream, upstream } from "./upstream.js";

const CALLOUTS: ReadonlySet<string> = new Set<Callout["function"]>([
  "proxy_http_call",
  "proxy_grpc_call",
  "proxy_grpc_stream",
  "proxy_redis_call",
]);
const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];

/** A running gateway: plugins loaded, clusters behind, clock in the test's hand. */
export class Host implements AsyncDisposable {
  readonly profile: Profile;
  readonly clock: FakeScheduler;
  readonly process: HostProcess;
  readonly clusters: Record<string, UpstreamHandler & { last?: unknown }> = {};
  /** Clusters made of others. */
  private readonly targets: Record<string, TargetsHandler> = {};
  /** Redis drivers by cluster name. */
  readonly redis: Record<string, RedisHandler> = {};
  readonly logs: LogLine[] = [];
  readonly callouts: Callout[] = [];
  readonly trace: Trace | null;
  readonly workers: Thread[] = [];
  main: Thread | null = null;
  private rules: Rules;
  private faults = new Faults();
  private metricStore = new MetricStore();
  private chain: ChainItem[] = [];
  /** Upstream filters by cluster. */
  private readonly upstreamChains = new Map<string, ChainItem[]>();
  private streams = new Map<number, StreamHandle>();
  private nextStream = 1;
  private random: Random;
  private env: Environment;
  private emulatorCluster = upstream();
  private emulatorRedis = redis();
  private fault: unknown = null;
  private rejecters = new Set<(error: unknown) => void>();
  private live = new Set<Stream>();
  private readonly stalls: Stalls;
  private closed = false;

  constructor(private options: HostOptions) {
    this.profile = findProfile(options.profile ?? "envoy-1.40");
    const start = options.startTime ?? DEFAULT_START;
    this.clock = options.clock === "real" ? new RealScheduler(start) : new FakeScheduler(start);
    this.clock.onFault = (error) => this.onFault(error);
    this.clock.onRest = () => this.stalls.check();
    this.stalls = new Stalls(this.clock, (rule, message, place) =>
      this.violate(rule, message, place),
    );
    this.rules = new Rules(options.strict ?? "error");
    this.random = new Random(options.seed ?? 1);
    const firstQueue = this.profile.emulator ? 0 : 1;
    const shared = options.sharedWith?.process;
    this.process = shared instanceof HostProcess ? shared : new HostProcess(firstQueue);
    const { trace = true } = options;
    this.trace = trace === false ? null : new Trace(this.clock, trace === true ? {} : trace);
    for (const [name, cluster] of Object.entries(options.clusters ?? {}))
      this.addCluster(name, cluster);
    this.env = this.environment();
    this.checkRoutes();
    this.chain = options.plugins.map((plugin, i) =>
      this.naming(plugin.name ?? `p${i}`, () => settlePlugin(plugin, i, this.env.maxPages)),
    );
    this.settleUpstreamFilters();
    if (this.chain.length === 0 && this.upstreamChains.size === 0)
      throw new TypeError("plugins: at least one is needed");
    this.load();
    if (checking.on) openHosts.add(this);
  }

  private settleUpstreamFilters(): void {
    for (const [name, { traits }] of Object.entries({ ...this.clusters, ...this.targets })) {
      const filters = traits?.filters?.map((filter, i) => {
        const named = { name: `${name}-${i}`, ...filter };
        return this.naming(named.name, () => settlePlugin(named, i, this.env.maxPages));
      });
      if (filters) this.upstreamChains.set(name, filters);
    }
  }

  private addCluster(name: string, cluster: Cluster): void {
    const handler =
      typeof cluster === "string" || cluster instanceof URL ? fromUrl(new URL(cluster)) : cluster;
    if (handler.kind === "redis") this.redis[name] = handler;
    else if (handler.kind === "targets") this.targets[name] = handler;
    else this.clusters[name] = handler;
  }

  private checkRoutes(): void {
    for (const route of this.options.routes ?? []) {
      if (route.cluster === undefined || this.env.cluster(route.cluster)) continue;
      throw new TypeError(`routes: unknown cluster "${route.cluster}"`);
    }
    for (const [name, { names }] of Object.entries(this.targets)) {
      const unknown = names.find((other) => this.env.cluster(other)?.kind !== "upstream");
      if (unknown !== undefined) throw new TypeError(`clusters.${name}: no upstream "${unknown}"`);
    }
  }

  private environment(): Environment {
    const { options, profile, faults, clock } = this;
    const downstream = options.downstream ?? "h1";
    const standard = downstream === "h1" ? 1 << 20 : 16 << 20;
    const properties = Object.entries(options.properties ?? {});
    return {
      profile,
      scheduler: clock,
      process: this.process,
      metrics: this.metricStore,
      callouts: this.callouts,
      routes: options.routes ?? [{ name: "default", cluster: "backend" }],
      router: options.router ?? "envoy",
      downstream,
      upstreamProtocol: options.upstreamProtocol ?? downstream,
      connections: options.connections ?? "open",
      bufferLimit: options.bufferLimitBytes ?? profile.bufferLimitBytes ?? standard,
      maxPages: (options.maxMemoryMiB ?? 1024) * 16,
      logLevel: LEVELS.indexOf(options.logLevel ?? "info"),
      callTimeoutMs: options.callTimeoutMs ?? checking.callTimeoutMs,
      budgets: options.budgets ?? null,
      properties: new Map(properties.map(([k, v]) => [k, asBytes(v)])),
      trace: this.trace,
      attemptCountHeaders: options.attemptCountHeaders ?? false,
      dns: options.dns ?? {},
      cluster: (name) => this.clusters[name] ?? this.targets[name] ?? this.redis[name],
      anyCluster: (name) => this.clusters[name] ?? this.emulatorCluster,
      anyRedis: () => this.emulatorRedis,
      violation: (rule, message, place) => this.violate(rule, message, place),
      log: (line) => this.logs.push(line),
      random: (length) => this.random.bytes(length),
      requestId: () => this.random.uuid(),
      step: (id, step: StepCallback) => {
        this.streams.get(id)?.record(step);
        faults.stepped(id);
      },
      get faults() {
        return faults.armed ? faults : null;
      },
    };
  }

  private violate(rule: string, message: string, place: Place): void {
    const where = { vm: "", plugin: place.plugin, context: 0, effective: 0 };
    this.trace?.event("violation", rule, where, [place.callback], message);
    this.rules.report(rule, message, place);
  }

  private load(): void {
    const single = this.options.lifecycle === "single" || this.profile.emulator !== undefined;
    // Clusters come before listeners.
    const items = [...[...this.upstreamChains.values()].flat(), ...this.chain];
    const plugins = items.flatMap((item) => ("plugin" in item ? [item.plugin] : []));
    const load = (thread: Thread, plugin: PluginSettings) =>
      this.naming(plugin.name, () => thread.load(plugin));
    if (!single) {
      const main = new Thread("main", this.env);
      const tried = new Set<string>();
      for (const plugin of plugins) {
        this.tryOut(plugin, tried);
        load(main, plugin);
      }
      this.main = main;
    }
    const count = single ? 1 : (this.options.workers ?? 1);
    for (let i = 0; i < count; i++) {
      const thread = new Thread(single ? "vm" : `worker${i}`, this.env);
      for (const plugin of plugins) load(thread, plugin);
      this.workers.push(thread);
    }
    this.clock.drain();
  }

  /**
   * What Envoy does with a plugin before any thread gets it: a base VM per VM key, which only
   * starts, and per plugin key a canary, which is configured and then dropped. Once per key.
   */
  private tryOut(plugin: PluginSettings, tried: Set<string>): void {
    const first = (key: string): boolean => !tried.has(key) && !!tried.add(key);
    this.naming(plugin.name, () => {
      if (first(vmKey(plugin))) startBase(plugin, this.env);
      if (!first(pluginKey(plugin))) return;
      const canary = new Thread("canary", this.env);
      canary.load(plugin);
      canary.drop();
    });
  }

  /** Runs a step of loading; a refusal gets the host's words about the plugin `name`. */
  private naming<T>(name: string, step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      const lines = this.logs.filter((line) => line.level === "error" || line.level === "critical");
      const detail = lines.map((line) => `\n  ${line.level}: ${line.text}`).join("");
      const failure = new LoadError(
        `${error.message}\nPlugin ${name} failed to load\nUnable to create Wasm plugin ${name}${detail}`,
      );
      failure.logs.push(...this.logs);
      throw failure;
    }
  }

  /** Sends one request and resolves with the answer. */
  fetch(target: string | URL, init: FetchInit = {}): FetchPromise {
    const { headers, body, trailers } = buildRequest(this.env, target, init);
    const handle = this.open(headers, init);
    const { stream } = handle;
    const answer = this.finish(
      stream,
      () => true,
      () => {
        stream.requestHeaders(headers, body === null && trailers === null);
        this.clock.pause();
        this.sendBody(stream, body, trailers);
      },
    );
    const advance = async (ms: number): Promise<Answer> => {
      await this.clock.advance(ms);
      return answer;
    };
    const settle = async (maxMs = 60_000): Promise<Answer> => {
      await this.clock.advanceUntil(() => stream.finished, maxMs);
      this.stalls.expire(stream);
      return answer;
    };
    // A rejection before the test got to look at it is not an unhandled one.
    answer.catch(() => undefined);
    return Object.assign(answer, { advance, settle });
  }

  private sendBody(stream: Stream, body: Uint8Array[] | null, trailers: HeaderPair[] | null): void {
    const split = this.env.downstream === "h1";
    const chunks = body ?? [];
    chunks.forEach((chunk, i) => {
      if (stream.finished) return;
      const last = i === chunks.length - 1 && trailers === null;
      stream.requestData(chunk, last && !split);
      this.clock.drain();
    });
    if (stream.finished) return;
    if (trailers) stream.requestTrailers(new HeaderList(trailers));
    else if (body && (split || chunks.length === 0)) stream.requestData(new Uint8Array(0), true);
  }

  /** Starts a request to be driven step by step: `POST http://host/path` or a URL. */
  stream(
    target: string | URL,
    init: Omit<FetchInit, "body" | "chunks" | "trailers"> = {},
  ): StreamHandle {
    const { headers } = buildRequest(this.env, target, init);
    return this.open(headers, init);
  }

  private open(headers: HeaderList, { worker = 0, properties = {} }: FetchInit): StreamHandle {
    if (this.closed) throw new TypeError("the host is closed");
    const thread = this.workers[worker];
    if (!thread) throw new RangeError(`no worker ${worker}`);
    const stream = new Stream(
      this.env,
      this.nextStream++,
      (chain) => thread.filters(chain, this.chain),
      (chain, cluster) => thread.filters(chain, this.upstreamChains.get(cluster) ?? []),
    );
    for (const [name, value] of Object.entries(properties))
      stream.properties.set(name, asBytes(value));
    const handle = new StreamHandle(this, stream, headers);
    this.streams.set(stream.id, handle);
    this.live.add(stream);
    stream.client.onSettled(() => {
      this.live.delete(stream);
      this.streams.delete(stream.id);
    });
    return handle;
  }

  /** The same gateway with every request on one worker thread. */
  onWorker(worker: number): Pick<Host, "fetch" | "stream"> {
    if (!this.workers[worker]) throw new RangeError(`no worker ${worker}`);
    return {
      fetch: (target, init) => this.fetch(target, { ...init, worker }),
      stream: (target, init) => this.stream(target, { ...init, worker }),
    };
  }

  /** Resolves when the stream is over; rejects when nothing can finish it. */
  finish(stream: Stream, ended: () => boolean, begin?: () => void): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const settle = (act: () => void) => {
        this.rejecters.delete(reject);
        act();
      };
      this.rejecters.add(reject);
      stream.client.onSettled(() => settle(() => resolve(new Answer(stream))));
      try {
        begin?.();
        this.clock.drain();
      } catch (error) {
        return settle(() => reject(error as Error));
      }
      if (!stream.finished && ended())
        this.stalls.watch(stream, (error) => settle(() => reject(error)));
    });
  }

  /** A leak was measured (S19); `checkLeaks` calls this. */
  reportLeak(message: string): void {
    const names = this.chain.flatMap((item) => ("plugin" in item ? [item.plugin.name] : []));
    this.violate("S19", message, { plugin: names.join(", "), callback: "" });
  }

  /** VMs of every worker and of the main thread. */
  allVms(): Thread["allVms"] {
    return [...this.workers, ...(this.main ? [this.main] : [])].flatMap((thread) => thread.allVms);
  }

  /** Runs everything due now, real I/O included. */
  settle(): Promise<void> {
    return this.clock.settleIo();
  }

  private onFault(error: unknown): void {
    this.fault ??= error;
    if (this.rejecters.size === 0) throw error;
    for (const reject of [...this.rejecters]) reject(error);
    this.rejecters.clear();
  }

  get violations(): Violation[] {
    return this.rules.violations;
  }

  /** Violations that fail a test; views handed to the emulator are checked now (S22). */
  failingViolations(): Violation[] {
    for (const vm of this.allVms()) vm.watch.checkViews();
    for (const stream of this.live) {
      if (this.streams.get(stream.id)?.isComplete) this.stalls.report(stream);
    }
    return this.rules.failing;
  }

  describeViolations(): string {
    return this.failingViolations().map(describeViolation).join("\n");
  }

  get metrics(): MetricsView {
    return viewMetrics(this.metricStore);
  }

  get inject(): Inject {
    const { clock, faults } = this;
    return {
      trap: (call, nth, at) => faults.trap(call, nth, at),
      status: (call, status, options) => faults.status(call, status, options),
      allocator: (nth, times, at) => faults.allocator(nth, times, at),
      before: (call, fn, nth, at) => faults.hook(call, fn, nth, at),
      abort: (step) =>
        faults.afterStep(step, (id) => clock.interject(() => this.streams.get(id)?.stream.abort())),
      clockJump: (ms, step = 1) => faults.afterStep(step, () => void (clock.now += ms)),
      reload: (step) => faults.afterStep(step, () => clock.interject(() => this.reload())),
      clear: () => faults.clear(),
    };
  }

  get sharedData(): SharedDataView {
    const { data } = this.process;
    const get = (key: string, vmId = "") => data.get(vmId, toBinary(key));
    return {
      get,
      text: (key, vmId) => {
        const entry = get(key, vmId);
        return entry && new TextDecoder().decode(entry.value);
      },
      set: (key, value: BytesInput, vmId = "") => {
        data.set(vmId, toBinary(key), asBytes(value), 0, false);
      },
      keys: (vmId = "") => data.keys(vmId).map(toText),
      delete: (key, vmId = "") => data.delete(vmId, toBinary(key)),
    };
  }

  /** Call-outs of one host function with what became of them, or traced calls of any other. */
  calls(name: Callout["function"]): Calls<Callout>;
  calls(name: string): Calls<TraceEvent>;
  calls(name: string): Calls<Callout | TraceEvent> {
    const callouts = this.callouts.filter((callout) => callout.function === name);
    const all = CALLOUTS.has(name) ? callouts : this.tracedCalls(name);
    return { all, count: all.length, last: all.at(-1) };
  }

  private tracedCalls(name: string): TraceEvent[] {
    if (!this.trace) throw new TypeError(`calls of ${name} are found in the trace, which is off`);
    return this.trace.events.filter((event) => event.kind === "host" && event.name === name);
  }

  /** Bytes of linear memory of the first worker's VMs. */
  get memorySize(): number {
    return this.workers
      .flatMap((thread) => thread.allVms)
      .reduce((sum, vm) => sum + vm.memory.size, 0);
  }

  /** Contexts alive in the first worker's VMs, roots included. */
  get contextCount(): number {
    return this.workers
      .flatMap((thread) => thread.allVms)
      .reduce((sum, vm) => sum + vm.contexts.size, 0);
  }

  /**
   * Fresh VMs with the same configuration, old roots are shut down. With `keepsVms` fresh roots in the
   * VMs there are, as after a push that changes no more than a plugin's configuration.
   */
  reload({ keepsVms = false } = {}): void {
    for (const thread of [...this.workers, ...(this.main ? [this.main] : [])]) {
      thread.reloadAll(keepsVms);
    }
    this.clock.drain();
  }

  /** Aborts what is open, shuts roots down, forgets the host. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    openHosts.delete(this);
    if (this.checks) recentHosts.add(this);
    this.failingViolations(); // what stalls now is over in a moment
    for (const stream of [...this.live]) stream.abort();
    this.clock.drain();
    for (const thread of [...this.workers, ...(this.main ? [this.main] : [])]) thread.shutdown();
    await this.settle();
    for (const thread of [...this.workers, ...(this.main ? [this.main] : [])]) thread.drop();
    this.failingViolations();
    if (this.fault) throw this.fault;
  }

  /** False when a test expects violations and checks them itself. */
  get checks(): boolean {
    return this.options.strict !== "off" && checking.on;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function fromUrl(url: URL): UpstreamHandler | RedisHandler {
  return url.protocol === "redis:" ? redis({ url: url.href }) : new LiveUpstream(url);
}

/** Loads the plugins and answers with a running host. Rejects with the host's own load messages. */
export async function createHost(options: HostOptions): Promise<Host> {
  checkOptions(options);
  return new Host(options);
}
