import { availableParallelism } from "node:os";
import { Envoy } from "./envoy.js";
import type { Load, LoadGenerator } from "./load.js";
import { memoryOf } from "./measure.js";
import type { WorkerMemory } from "./report.js";
import { SEVEN_MODULES, WHOLE_CHAIN } from "./scenarios-chain.js";
import { DIRECT } from "./traffic.js";
import { EMPTY, type Scenario } from "./scenarios.js";
import { median } from "./stats.js";

/** Requests that every worker gets before its memory is looked at. */
const REQUESTS = 50_000;

/** Pairs of Envoys: one and the same moves by 0.3 MiB from start to start. */
const STARTS = 3;

/** What it takes to put load on an Envoy. */
interface Means {
  /** Path of Envoy. */
  program: string;
  generator: LoadGenerator;
  upstreamPort: number;
}

/**
 * What a filter adds to the resident memory of an Envoy with a worker per core, as a gateway is
 * run, over the same Envoy with the empty filter: the median of some starts. Null unless both are
 * among the scenarios.
 */
export function workerMemory(
  means: Means,
  scenarios: Scenario[],
  load: Pick<Load, "connections" | "headers">,
): Promise<WorkerMemory | null> {
  return difference(means, scenarios, load, [EMPTY, "key-auth, 10 consumers"]);
}

/** The same for all plugins together over no filter, before an upstream, by the name of the row. */
export async function chainMemory(
  means: Means,
  scenarios: Scenario[],
  load: Pick<Load, "connections" | "headers">,
): Promise<Record<string, WorkerMemory | null>> {
  const memory: Record<string, WorkerMemory | null> = {};
  for (const name of [WHOLE_CHAIN, SEVEN_MODULES]) {
    memory[name] = await difference(means, scenarios, load, ["no filter, JSON", name]);
  }
  return memory;
}

async function difference(
  { program, generator, upstreamPort }: Means,
  scenarios: Scenario[],
  load: Pick<Load, "connections" | "headers">,
  [less, more]: [string, string],
): Promise<WorkerMemory | null> {
  const workers = availableParallelism();
  const rss = async (name: string): Promise<number | null> => {
    const scenario = scenarios.find((one) => one.name === name);
    if (!scenario) return null;
    const module = (await scenario.module?.()) ?? "";
    const envoy = await Envoy.start(program, `memory ${name}`, scenario.filters(module), {
      workers,
      upstreamPort,
    });
    try {
      const { keys, traffic = DIRECT } = scenario;
      const requests = REQUESTS * workers;
      await generator.drive({ ...load, port: envoy.port, requests, keys, traffic });
      return memoryOf(envoy.pid).rss;
    } finally {
      await envoy.stop();
    }
  };
  const differences: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const before = await rss(less);
    const after = await rss(more);
    if (before === null || after === null) return null;
    differences.push(after - before);
  }
  return { workers, moreKiB: median(differences) };
}
