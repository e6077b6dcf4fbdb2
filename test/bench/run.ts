import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { envoyPath, Problem } from "../../build/tools/fetch.js";
import { memoryCurve } from "./curve.js";
import { CHECK_PATH, Envoy } from "./envoy.js";
import { LoadGenerator } from "./load.js";
import { workerMemory } from "./memory.js";
import { cpuNanoseconds, machine, memoryOf } from "./measure.js";
import { callTable, criteria, table, type Report, type Row } from "./report.js";
import { CALL_SCENARIOS } from "./scenarios-calls.js";
import { NO_FILTER, peer, SCENARIOS, type Scenario } from "./scenarios.js";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    bursts: { type: "string", default: "4" },
    requests: { type: "string", default: "5000" },
    connections: { type: "string", default: "32" },
    only: { type: "string" },
    peer: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    curve: { type: "boolean", default: false },
    calls: { type: "boolean", default: false },
  },
});

/** A scenario whose Envoy runs, and what was measured on it so far. */
interface Running {
  scenario: Scenario;
  row: Row;
  envoy: Envoy;
}

const rounds = Number(options.rounds);
const bursts = Number(options.bursts);
const requests = Number(options.requests);
const load = {
  connections: Number(options.connections),
  headers: {},
};

/** The scenarios asked for; "no filter" always, because everything is compared with it. */
function chosen(): Scenario[] {
  const all = options.calls ? CALL_SCENARIOS : [...SCENARIOS, ...options.peer.map(peer)];
  const only = options.only?.split(",").map((part) => part.trim());
  if (!only) return all;
  const unknown = only.find((part) => !all.some(({ name }) => name.startsWith(part)));
  if (unknown) throw new Problem(`--only ${unknown}: no row begins so`);
  return all.filter(({ name }) => name === NO_FILTER || only.some((part) => name.startsWith(part)));
}

/** Starts the Envoy of a scenario and proves that its filter works; a failure becomes a row. */
async function start(program: string, scenario: Scenario): Promise<Running | Row> {
  const row: Row = { name: scenario.name, times: scenario.times ?? 1, cpuNs: [], burstNs: [] };
  let envoy: Envoy | null = null;
  try {
    const module = await scenario.module?.();
    if (module) row.wasmBytes = statSync(module).size;
    envoy = await Envoy.start(program, scenario.name, scenario.filters(module ?? ""));
    row.readyMs = envoy.readyMs;
    if (scenario.authenticates) await prove(envoy, scenario);
    return { scenario, row, envoy };
  } catch (error) {
    await envoy?.stop();
    const reason = error instanceof Error ? error.message : String(error);
    return { ...row, failed: envoy ? reason : `does not load: ${reason.split("\n", 2).join(" ")}` };
  }
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
  const before = cpuNanoseconds(envoy.pid);
  await generator.drive({ ...load, port: envoy.port, requests, keys: scenario.keys });
  const spent = cpuNanoseconds(envoy.pid) - before;
  row.memory = memoryOf(envoy.pid);
  return spent / requests;
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

async function run(): Promise<Report> {
  const program = await envoyPath();
  const generator = new LoadGenerator();
  const rows: Row[] = [];
  const running: Running[] = [];
  try {
    for (const scenario of chosen()) {
      const started = await start(program, scenario);
      rows.push("row" in started ? started.row : started);
      if ("row" in started) running.push(started);
    }
    for (const one of running) await burst(generator, one); // warm-up
    for (let round = 1; round <= rounds; round++) {
      process.stderr.write(`\rround ${round} of ${rounds}   `);
      await measureRound(generator, running);
    }
    process.stderr.write("\n");
    const perWorker = options.calls ? null : await workerMemory(program, generator, chosen(), load);
    const curves = options.curve ? await memoryCurve(generator, running, load) : [];
    return {
      date: new Date().toISOString(),
      machine: await machine(program),
      options: { ...load, rounds, bursts, requests },
      rows,
      perWorker,
      curves,
    };
  } finally {
    generator.stop();
    for (const { envoy } of running) await envoy.stop();
  }
}

/** What the user got wrong is one line; anything else keeps its stack. */
async function runOrExplain(): Promise<Report> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const report = await runOrExplain();
console.log(options.calls ? callTable(report) : table(report));
if (!options.calls) console.log(criteria(report));
mkdirSync(".cache/bench", { recursive: true });
const file = options.json ?? `.cache/bench/${report.date.replace(/[:.]/g, "-")}.json`;
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\nJSON: ${file}`);
