import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  ACCESS_LOG,
  bootstrap,
  cluster,
  CLUSTERS,
  clustersFile,
  LISTENERS,
  listenersFile,
  type ClusterOptions,
} from "./bootstrap.js";
import { sendH1 } from "./client-h1.js";
import { sendH2 } from "./client-h2.js";
import { Envoy, sleep } from "./envoy.js";
import { clusterKinds, clustersFor, endpointMetadata } from "./play-clusters.js";
import { freePorts } from "../support/ports.js";
import { ScriptedUpstream } from "./upstream.js";
import type { CalloutSeen, Outcome, RequestOutcome } from "../scenario/outcome.js";
import {
  answerOf,
  ownClustersOf,
  type LogLevel,
  type PluginUse,
  type Scenario,
} from "../scenario/scenario.js";

/** One scenario on one listener. */
export interface Play {
  /** Name of the listener and `vm_id`; unique in the process. */
  id: string;
  scenario: Scenario;
}

/** Listeners loaded together; every one costs a few V8 isolates. */
const BATCH = 40;
/** Nothing may change for so long before a batch is played. */
const CALM_MS = 60;
const CALM_TIMEOUT_MS = 2000;
const LOAD_TIMEOUT_MS = 180_000;
const LOG_TIMEOUT_MS = 20_000;

/** Metrics plugins define carry this prefix in Envoy's stats. */
const METRIC_PREFIX = "wasmcustom.";

type Delta = [name: string, change: number];

/** One Envoy that plays many scenarios, one after the other. */
export class EnvoyBackend {
  private batch: readonly Play[] = [];
  private ports = new Map<string, number>();
  /** The clusters file Envoy took last. */
  private clusters = "";

  private constructor(
    readonly envoy: Envoy,
    private readonly plays: readonly Play[],
    private readonly upstreams: Map<string, ScriptedUpstream>,
    private readonly wasmFile: (plugin: PluginUse) => string,
    /** Clusters that some play wants otherwise than the others do. */
    private readonly changing: readonly ClusterOptions[],
  ) {}

  /**
   * Starts upstreams for every cluster the plays name and one Envoy.
   *
   * @param wasmFile path of a plugin's module
   */
  static async start(
    plays: readonly Play[],
    wasmFile: (plugin: PluginUse) => string,
  ): Promise<EnvoyBackend> {
    const upstreams = new Map<string, ScriptedUpstream>();
    const clusters: ClusterOptions[] = [];
    const metadata = endpointMetadata(plays);
    for (const [name, kind] of clusterKinds(plays)) {
      const known = { name, metadata: metadata.get(name) };
      if (kind === "empty") clusters.push({ ...known, port: null });
      else if (kind === "refused") clusters.push({ ...known, port: (await freePorts(1))[0] ?? 0 });
      else {
        const upstream = new ScriptedUpstream(name, () => answerOf([], name, 0));
        upstreams.set(name, upstream);
        clusters.push({ ...known, port: await upstream.start() });
      }
    }
    const own = new Set(plays.flatMap(({ scenario }) => ownClustersOf(scenario)));
    const changing = clusters.filter(({ name }) => own.has(name));
    const options = {
      bootstrap: bootstrap(
        clusters.filter(({ name }) => !own.has(name)),
        true,
      ),
      files: {
        [LISTENERS]: listenersFile([]),
        [CLUSTERS]: clustersFile(changing.map(cluster)),
      },
    };
    const envoy = await Envoy.start(options).catch(async (error: unknown) => {
      for (const upstream of upstreams.values()) await upstream.stop();
      throw error;
    });
    return new EnvoyBackend(envoy, plays, upstreams, wasmFile, changing);
  }

  /** Ends Envoy and the upstreams. */
  async stop(): Promise<void> {
    await this.envoy.stop();
    for (const upstream of this.upstreams.values()) await upstream.stop();
  }

  /** Sends the requests of a play and collects everything visible outside. */
  async run(play: Play): Promise<Outcome> {
    const { scenario } = play;
    await this.envoy.setWasmLogLevel(scenario.env.log);
    if (!this.batch.includes(play)) await this.load(play);
    const port = this.ports.get(play.id);
    if (port === undefined) {
      const refusal = this.pluginLog(play, 0).filter(({ level }) => isGrave(level));
      return { accepted: false, refusal, requests: [] };
    }
    this.script(scenario);
    const requests: RequestOutcome[] = [];
    for (const index of scenario.steps.keys()) requests.push(await this.step(play, port, index));
    return { accepted: true, refusal: [], requests };
  }

  private script({ answers }: Scenario): void {
    for (const [name, upstream] of this.upstreams)
      upstream.reset((n) => answerOf(answers, name, n));
  }

  private async step(play: Play, port: number, index: number): Promise<RequestOutcome> {
    const step = play.scenario.steps[index];
    if (!step) throw new Error(`no step ${index}`);
    if (step.afterMs) await sleep(step.afterMs);
    const before = await this.metrics();
    const logFrom = this.envoy.log.length;
    const recordFrom = this.records(play).length;
    const visitsFrom = new Map([...this.upstreams].map(([name, u]) => [name, u.visits.length]));
    const client = await (step.protocol === "h2" ? sendH2(port, step) : sendH1(port, step));
    const record = await this.nextRecord(play, recordFrom);
    await this.settle(play);
    const visits = [...this.upstreams]
      .flatMap(([name, upstream]) => upstream.visits.slice(visitsFrom.get(name)))
      .sort((a, b) => a.order - b.order);
    const after = await this.metrics();
    return {
      callouts: visits
        .filter((v) => isCallout(v.seen.headers))
        .map(({ seen, answer }): CalloutSeen => ({
          seen,
          answer: answer.kind === "answer" ? String(answer.status) : answer.kind,
        })),
      upstream: visits.filter((v) => !isCallout(v.seen.headers)).map((v) => ({ ...v.seen })),
      client: { ...client, details: record["details"] ?? "" },
      metrics: changes(before, after),
      attributes: play.scenario.env.attributes.flatMap((key): [string, string][] => {
        const value = record[`attribute ${key}`];
        return value ? [[key, value]] : [];
      }),
      log: this.pluginLog(play, logFrom),
    };
  }

  /** Loads the listeners of the batch the play belongs to; earlier ones are drained. */
  private async load(play: Play): Promise<void> {
    this.batch = batchOf(this.plays, play);
    const listeners = this.batch.map(({ id, scenario }) => ({
      id,
      plugins: scenario.plugins
        .filter((plugin) => plugin.upstream === undefined)
        .map((plugin) => ({ ...plugin, file: this.wasmFile(plugin) })),
      routes: scenario.env.routes,
      priorities: new Set(
        Object.entries(scenario.env.clusters).flatMap(([name, rule]) =>
          rule.priorities ? [name] : [],
        ),
      ),
      attemptCount: scenario.env.attemptCount,
      attributes: scenario.env.attributes,
    }));
    // A new listener would take over the socket of a draining one: all of them the same.
    await this.replaceListeners(listenersFile([]));
    await this.calm();
    await this.replaceClusters(play);
    const text = listenersFile(listeners).replaceAll("%FOLDER%", this.envoy.folder);
    await this.replaceListeners(text);
    await this.calm();
    this.ports = await this.listenerPorts();
  }

  /** Puts the play's own clusters in place. */
  private async replaceClusters(play: Play): Promise<void> {
    const content = clustersFile(clustersFor(play, this.changing, this.wasmFile)).replaceAll(
      "%FOLDER%",
      this.envoy.folder,
    );
    if (content === this.clusters) return;
    const loads = "^cluster_manager.cds.update_(success|rejected)$";
    const refusals = "^cluster_manager.cds.update_rejected$";
    const [before, refused] = [await this.sum(loads), await this.sum(refusals)];
    this.envoy.moveIn(CLUSTERS, content);
    const end = Date.now() + LOAD_TIMEOUT_MS;
    const warming = "^cluster_manager.warming_clusters$";
    while ((await this.sum(loads)) <= before || (await this.sum(warming)) > 0) {
      if (Date.now() > end) throw new Error(`clusters not loaded:\n${this.envoy.logText()}`);
      await sleep(20);
    }
    if ((await this.sum(refusals)) > refused) {
      throw new Error(`clusters of ${play.scenario.title} refused:\n${this.envoy.logText()}`);
    }
    this.clusters = content;
  }

  private async replaceListeners(content: string): Promise<void> {
    const before = await this.loads();
    this.envoy.moveIn(LISTENERS, content);
    const end = Date.now() + LOAD_TIMEOUT_MS;
    while ((await this.loads()) <= before || (await this.unsettledListeners()) > 0) {
      if (Date.now() > end) throw new Error(`listeners not loaded:\n${this.envoy.logText()}`);
      await sleep(20);
    }
  }

  /** Workers are done with what was replaced: on a busy machine they come to it late. Ticks go on. */
  private async calm(): Promise<void> {
    const end = Date.now() + CALM_TIMEOUT_MS;
    for (let before = ""; Date.now() < end;) {
      const now = JSON.stringify([this.envoy.log.length, ...(await this.metrics())]);
      if (now === before) return;
      before = now;
      await sleep(CALM_MS);
    }
  }

  private async loads(): Promise<number> {
    return await this.sum("^listener_manager.lds.update_(success|rejected)$");
  }

  private async unsettledListeners(): Promise<number> {
    return await this.sum("^listener_manager.total_listeners_(warming|draining)$");
  }

  private async sum(filter: string): Promise<number> {
    const stats = await this.envoy.stats(filter);
    return [...stats.values()].reduce((sum, value) => sum + value, 0);
  }

  private async listenerPorts(): Promise<Map<string, number>> {
    const text = await this.envoy.get("/listeners?format=json");
    const { listener_statuses: statuses = [] } = JSON.parse(text) as {
      listener_statuses?: {
        name: string;
        local_address: { socket_address: { port_value: number } };
      }[];
    };
    return new Map(statuses.map((s) => [s.name, s.local_address.socket_address.port_value]));
  }

  private async metrics(): Promise<Map<string, number>> {
    return await this.envoy.stats(`^${METRIC_PREFIX}`);
  }

  private records(play: Play): Record<string, string | null>[] {
    const file = join(this.envoy.folder, ACCESS_LOG);
    if (!existsSync(file)) return []; // no request was logged yet
    return readFileSync(file, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, string | null>)
      .filter((record) => record["id"] === play.id);
  }

  private async nextRecord(play: Play, from: number): Promise<Record<string, string | null>> {
    const end = Date.now() + LOG_TIMEOUT_MS;
    while (Date.now() < end) {
      const record = this.records(play)[from];
      if (record) return record;
      await sleep(10);
    }
    throw new Error(`no access log line for ${play.scenario.title}:\n${this.envoy.logText()}`);
  }

  /** Waits until nothing changes any more: logs, metrics and upstreams. */
  private async settle(play: Play): Promise<void> {
    let before = "";
    for (;;) {
      const metrics = [...(await this.metrics())].join();
      const visits = [...this.upstreams.values()].map((u) =>
        u.visits.map(({ seen }) => `${seen.body.length}${seen.complete}`),
      );
      const now = JSON.stringify([
        metrics,
        visits,
        this.envoy.log.length,
        this.records(play).length,
      ]);
      const pending = [...this.upstreams.values()].some((u) => u.visits.some((v) => v.pending));
      if (now === before && !pending) return;
      before = now;
      await sleep(25);
    }
  }

  private pluginLog(play: Play, from: number): { level: LogLevel; text: string }[] {
    const marker = ` ${play.id}: `;
    return this.envoy.log.slice(from).flatMap((line) => {
      if (line.component !== "wasm" || !line.text.startsWith("wasm log ")) return [];
      const at = line.text.indexOf(marker);
      if (at < 0) return [];
      const level = line.level === "warning" ? "warn" : (line.level as LogLevel);
      return [{ level, text: line.text.slice(at + marker.length) }];
    });
  }
}

/** Of a refusal only these lines are shown: the others say what was tried. */
function isGrave(level: LogLevel): boolean {
  return level === "error" || level === "critical";
}

/** Envoy marks what `proxy_http_call` sends (harness.md 6.8). */
function isCallout(headers: readonly (readonly [string, string])[]): boolean {
  return headers.some(([name]) => name.toLowerCase() === "x-envoy-internal");
}

function changes(before: Map<string, number>, after: Map<string, number>): Delta[] {
  return [...after]
    .map(([name, value]): Delta => [
      name.slice(METRIC_PREFIX.length),
      value - (before.get(name) ?? 0),
    ])
    .filter(([, change]) => change !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Plays loaded together with one: a play with clusters of its own is alone. */
function batchOf(plays: readonly Play[], play: Play): readonly Play[] {
  const isOwn = ({ scenario }: Play): boolean => ownClustersOf(scenario).length > 0;
  if (isOwn(play)) return [play];
  const others = plays.filter((other) => !isOwn(other));
  const at = others.indexOf(play);
  return others.slice(at - (at % BATCH), at - (at % BATCH) + BATCH);
}
