import { afterAll, beforeAll, expect, test } from "vitest";
import { StatisticsGateway } from "./statistics-gateway.js";

// What /stats/prometheus of a real Envoy costs when more consumers come than `max_series` of ai-statistics, which is left
// at its default, has room for.

const LIMIT_MS = 180_000;
const MOST = 2000;
const CONSUMERS = 2600;
/** Requests at once. */
const CROWD = 16;

let gateway: StatisticsGateway;
beforeAll(async () => {
  const metrics = { groups: ["compat", "requests", "tokens", "latency"], max_series_of: "process" };
  gateway = await StatisticsGateway.start([], { own: { metrics } });
}, LIMIT_MS);
afterAll(() => gateway.stop());

/** Asks once for each of these consumers. */
async function ask(from: number, to: number): Promise<void> {
  let next = from;
  const one = async (): Promise<void> => {
    while (next < to) await gateway.ask("q", { "x-mse-consumer": `consumer-${next++}` });
  };
  await Promise.all(Array.from({ length: CROWD }, one));
}

function lines(page: string): string[] {
  return page.split("\n").filter((line) => line.includes("route_upstream_model_consumer_metric"));
}

function sumOf(page: string, metric: string): number {
  const line = new RegExp(`_metric_${metric}\\{.*\\} (\\d+)$`, "gm");
  return [...page.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
}

test("the page stops growing, and its totals lose nothing", { timeout: LIMIT_MS }, async () => {
  await ask(0, MOST + 100);
  const full = await gateway.envoy.get("/stats/prometheus");
  await ask(MOST + 100, CONSUMERS);
  const later = await gateway.envoy.get("/stats/prometheus");
  // Values have more digits, and nothing else.
  expect(lines(later)).toHaveLength(lines(full).length);
  expect(later.length - full.length).toBeLessThan(10_000);
  const consumers = new Set(later.match(/(?<=ai_consumer=")[^"]+/g));
  expect(consumers).toContain("_overflow_");
  expect(consumers.size).toBeLessThanOrEqual(MOST + 2);
  expect(sumOf(later, "llm_request_count")).toBe(CONSUMERS);
  expect(sumOf(later, "total_token")).toBe(15 * CONSUMERS);
  expect(later.length).toBeLessThan(4 * 1024 * 1024);
});
