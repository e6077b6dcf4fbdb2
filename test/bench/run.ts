import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { envoyPath, Problem } from "../../build/tools/fetch.js";
import { memoryCurve } from "./curve.js";
import { CHECK_PATH, Envoy } from "./envoy.js";
import { LoadGenerator } from "./load.js";
import { chainMemory, workerMemory } from "./memory.js";
import { cpuNanoseconds, machine, memoryOf } from "./measure.js";
import { readOptions } from "./options.js";
import { callTable, criteria, table, type Curve, type Report, type Row } from "./report.js";
import { CACHE_SCENARIOS } from "./scenarios-cache.js";
import { CHAIN_SCENARIOS } from "./scenarios-chain.js";
import { CALL_SCENARIOS } from "./scenarios-calls.js";
import { FALLBACK_SCENARIOS } from "./scenarios-fallback.js";
import { MODEL_SCENARIOS } from "./scenarios-models.js";
import {
  EMPTY,
  NO_FILTER,
  PEER,
  peer,
  READS_STREAM,
  SCENARIOS,
  type Scenario,
} from "./scenarios.js";
import { SECURITY_SCENARIOS } from "./scenarios-security.js";
import { STATISTICS_SCENARIOS } from "./scenarios-statistics.js";
import { TOKEN_SCENARIOS } from "./scenarios-tokens.js";
import { DIRECT } from "./traffic.js";
import { Upstream } from "./upstream.js";

const options = await explained(() => readOptions(process.argv.slice(2)));
const { rounds, starts, bursts, requests } = options;
if (options.micro) {
  for (const name of ["json", "sha256", "match", "regex", "usage"]) {
    await import(`./micro/${name}.js`);
  }
  process.exit();
}
const load = { connections: options.connections, headers: {} };

/** What all scenarios need. */
interface Means {
  /** Path of Envoy. */
  program: string;
  generator: LoadGenerator;
  upstreamPort: number;
}

/** A scenario whose Envoy runs, and what was measured on it so far. */
interface Running {
  scenario: Scenario;
  row: Row;
  envoy: Envoy;
}

/** The scenarios asked for, with the rows they are compared with. */
function chosen(): Scenario[] {
  const all = options.calls
    ? CALL_SCENARIOS
    : [
        ...SCENARIOS,
        ...TOKEN_SCENARIOS,
        ...MODEL_SCENARIOS,
        ...FALLBACK_SCENARIOS,
        ...SECURITY_SCENARIOS,
        ...CACHE_SCENARIOS,
        ...STATISTICS_SCENARIOS,
        ...CHAIN_SCENARIOS,
        ...options.peers.map(peer),
      ];
  const { only } = options;
  if (!only) return all;
  const unknown = only.find((part) => !all.some(({ name }) => name.startsWith(part)));
  if (unknown) throw new Problem(`--only ${unknown}: no row begins so`);
  const wanted = all.filter(({ name }) => {
    return name.startsWith(PEER) || only.some((part) => name.startsWith(part));
  });
  const needed = new Set(wanted.map(({ base = NO_FILTER }) => base));
  for (const { limit } of wanted) if (limit && "of" in limit) needed.add(limit.of);
  // Limits in µs are held against what the empty filter costs on this machine.
  const inTime = wanted.some(({ limit }) => limit && "addedMicroseconds" in limit);
  if (inTime) needed.add(EMPTY).add(NO_FILTER);
  if (wanted.some(({ limit }) => limit && "timesNone" in limit)) needed.add(READS_STREAM);
  return all.filter((one) => wanted.includes(one) || needed.has(one.name));
}

/** Starts the Envoy of a scenario and proves that its filter works. @throws Error with the reason */
async function start(
  { program, upstreamPort }: Means,
  scenario: Scenario,
  row: Row,
): Promise<Running> {
  const module = await scenario.module?.();
  const modules = scenario.allModules ?? (module ? [module] : []);
  if (module) row.wasmBytes = modules.reduce((sum, file) => sum + statSync(file).size, 0);
  const filters = scenario.filters(module ?? "");
  const envoy = await Envoy.start(program, scenario.name, filters, {
    upstreamPort,
    upstreamFilters: scenario.upstreamFilters?.(module ?? ""),
  }).catch((error: Error) => {
    throw new Error(`does not load: ${error.message.split("\n", 2).join(" ")}`);
  });
  row.readyMs = envoy.readyMs;
  try {
    if (scenario.authenticates) await prove(envoy, scenario);
    await scenario.prove?.(envoy);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return { scenario, row, envoy };
}

/** Starts all Envoys that can be; the reason why one cannot goes into its row. */
async function startAll(means: Means, rows: Map<Scenario, Row>): Promise<Running[]> {
  const running: Running[] = [];
  for (const [scenario, row] of rows) {
    if (row.failed) continue;
    try {
      running.push(await start(means, scenario, row));
    } catch (error) {
      row.failed = error instanceof Error ? error.message : String(error);
    }
  }
  return running;
}

/** A filter that lets everybody in would win every comparison. */
async function prove(envoy: Envoy, scenario: Scenario): Promise<void> {
  const known = await envoy.request(CHECK_PATH, { "x-api-key": scenario.keys[0] ?? "" });
  const consumer = String(known.headers["x-seen-consumer"]);
  if (known.status !== 200 || consumer !== "consumer-0") {
    throw new Error(`a known key got ${known.status} and consumer ${consumer}`);
  }
  const unknown = await envoy.request(CHECK_PATH, { "x-api-key": "nobody" });
  if (unknown.status !== 401 && unknown.status !== 403) {
    throw new Error(`an unknown key got ${unknown.status}`);
  }
}

/** One burst of requests; answers the CPU nanoseconds of one. */
async function burst(generator: LoadGenerator, running: Running): Promise<number> {
  const { envoy, row, scenario } = running;
  const { keys, traffic = DIRECT } = scenario;
  const amount = Math.ceil(requests * (traffic.share ?? 1));
  const before = cpuNanoseconds(envoy.pid);
  await generator.drive({ ...load, port: envoy.port, requests: amount, keys, traffic });
  const spent = cpuNanoseconds(envoy.pid) - before;
  row.memory = memoryOf(envoy.pid);
  return spent / amount;
}

/**
 * Several bursts of each row, interleaved. The cheapest one is the round's value: whatever else the
 * machine does (interrupts, cold caches) only ever adds, and a burst is long enough to contain
 * everything a filter does now and then, such as collecting garbage.
 */
async function measureRound(generator: LoadGenerator, running: Running[]): Promise<void> {
  const costs = new Map<Running, number[]>(running.map((one) => [one, []]));
  for (let i = 0; i < bursts; i++) {
    // Every other pass runs backwards, so that no row is always behind the same one.
    const order = i % 2 ? [...running].reverse() : running;
    for (const one of order) costs.get(one)?.push(await burst(generator, one));
  }
  for (const [{ row }, values] of costs) {
    row.cpuNs.push(Math.min(...values));
    row.burstNs.push(values);
  }
}

/**
 * All rounds. The Envoys are started anew a few times on the way: where a process happens to lie in
 * memory makes a microsecond of difference for as long as it lives, whatever the filter does.
 */
async function measure(means: Means, rows: Map<Scenario, Row>): Promise<Curve[]> {
  const { generator } = means;
  let running: Running[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      if (round % Math.ceil(rounds / starts) === 0) {
        for (const { envoy } of running) await envoy.stop();
        running = await startAll(means, rows);
        for (const one of running) await burst(generator, one); // warm-up
      }
      process.stderr.write(`\rround ${round + 1} of ${rounds}   `);
      await measureRound(generator, running);
    }
    process.stderr.write("\n");
    return options.curve ? await memoryCurve(generator, running, load) : [];
  } finally {
    for (const { envoy } of running) await envoy.stop();
  }
}

async function run(): Promise<Report> {
  const program = await envoyPath();
  const generator = new LoadGenerator();
  const upstream = await Upstream.start();
  const means = { program, generator, upstreamPort: upstream.port };
  const rows = new Map<Scenario, Row>(
    scenarios.map((scenario) => {
      const { name, times = 1, base = NO_FILTER, limit } = scenario;
      return [scenario, { name, base, times, limit, cpuNs: [], burstNs: [] }];
    }),
  );
  try {
    const curves = await measure(means, rows);
    return {
      date: new Date().toISOString(),
      machine: await machine(program),
      options: { ...load, rounds, bursts, requests, starts },
      rows: [...rows.values()],
      perWorker: options.calls ? null : await workerMemory(means, scenarios, load),
      chain: options.calls ? {} : await chainMemory(means, scenarios, load),
      curves,
    };
  } finally {
    generator.stop();
    upstream.stop();
  }
}

/** What the user got wrong is one line; anything else keeps its stack. */
async function explained<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const scenarios = await explained(chosen);
const report = await explained(run);
console.log(options.calls ? callTable(report) : table(report));
if (!options.calls) console.log(criteria(report));
mkdirSync(".cache/bench", { recursive: true });
const file = options.json ?? `.cache/bench/${report.date.replace(/[:.]/g, "-")}.json`;
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\nJSON: ${file}`);
