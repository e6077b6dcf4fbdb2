import { availableParallelism } from "node:os";
import { Envoy } from "./envoy.js";
import type { Load, LoadGenerator } from "./load.js";
import { memoryOf } from "./measure.js";
import type { WorkerMemory } from "./report.js";
import { DIRECT } from "./traffic.js";
import { EMPTY, type Scenario } from "./scenarios.js";

/** Requests that every worker gets before its memory is looked at. */
const REQUESTS = 50_000;

/**
 * What a filter adds to the resident memory of an Envoy with a worker per core, as a gateway is
 * run, over the same Envoy with the empty filter. Null unless both are among the scenarios.
 */
export async function workerMemory(
  program: string,
  generator: LoadGenerator,
  scenarios: Scenario[],
  load: Pick<Load, "connections" | "headers">,
): Promise<WorkerMemory | null> {
  const workers = availableParallelism();
  const rss = async (name: string): Promise<number | null> => {
    const scenario = scenarios.find((one) => one.name === name);
    if (!scenario) return null;
    const module = (await scenario.module?.()) ?? "";
    const envoy = await Envoy.start(program, `memory ${name}`, scenario.filters(module), {
      workers,
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
  const empty = await rss(EMPTY);
  const plugin = await rss("key-auth, 10 consumers");
  return empty === null || plugin === null ? null : { workers, overEmptyKiB: plugin - empty };
}
