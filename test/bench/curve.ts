import type { Envoy } from "./envoy.js";
import type { Load, LoadGenerator } from "./load.js";
import { memoryOf } from "./measure.js";
import type { Curve } from "./report.js";
import { EMPTY, type Scenario } from "./scenarios.js";
import { DIRECT } from "./traffic.js";

const STEP = 50_000;
const STEPS = 20;

/** Rows that see a consumer they do not know with every request. */
function meetsStrangers(name: string): boolean {
  return name === "token-rate-limit, JSON";
}

/** Rows whose memory is watched: the plugins, and the empty filter to compare with. */
function isWatched(name: string): boolean {
  if (name === EMPTY || meetsStrangers(name)) return true;
  return name.includes("-") && name.endsWith("10 consumers");
}

/** Resident memory every 50 000 requests, up to one million, for each watched row. */
export async function memoryCurve(
  generator: LoadGenerator,
  running: { scenario: Scenario; envoy: Envoy }[],
  load: Pick<Load, "connections" | "headers">,
): Promise<Curve[]> {
  const curves: Curve[] = [];
  for (const { scenario, envoy } of running.filter(({ scenario }) => isWatched(scenario.name))) {
    const rssKiB = [memoryOf(envoy.pid).rss];
    for (let step = 1; step <= STEPS; step++) {
      process.stderr.write(`\r${scenario.name}: ${step * STEP} of ${STEP * STEPS} requests   `);
      const { keys, traffic = DIRECT } = scenario;
      const newKeysFrom = meetsStrangers(scenario.name) ? STEP * (step - 1) : undefined;
      const { port } = envoy;
      await generator.drive({ ...load, port, requests: STEP, keys, traffic, newKeysFrom });
      rssKiB.push(memoryOf(envoy.pid).rss);
    }
    process.stderr.write("\n");
    curves.push({ name: scenario.name, step: STEP, rssKiB });
  }
  return curves;
}
