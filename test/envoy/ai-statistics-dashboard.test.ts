import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPrometheus, PROMETHEUS, PrometheusServer } from "../support/prometheus-server.js";
import { StatisticsGateway } from "./statistics-gateway.js";

// Every query of examples/statistics/dashboard.json, answered by a real Prometheus that scrapes a real
// Envoy with a chain of plugins.

const LIMIT_MS = 120_000;
const CHAIN = [
  ["ai-cache", { cache: { type: "memory" }, cacheKeyStrategy: "lastQuestion" }],
  [
    "token-rate-limit",
    {
      rule_name: "r",
      rule_items: [
        { limit_by_consumer: "", limit_keys: [{ key: "greedy", token_per_hour: 10 }] },
        { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_hour: 100_000 }] },
      ],
    },
  ],
  ["content-security", { requestScope: "all", rules: [{ name: "words", words: ["weapon"] }] }],
] as const;

interface Panel {
  title: string;
  targets?: { expr: string }[];
}
const { panels, templating } = JSON.parse(
  readFileSync("examples/statistics/dashboard.json", "utf8"),
) as { panels: Panel[]; templating: { list: { name: string; query: string }[] } };

/** All queries with the panel's name; variables stand for everything. */
const QUERIES = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }): [string, string] => [
    title,
    expr.replace(/\$(\w+)/g, (_, name: string) => {
      const variable = templating.list.find((one) => one.name === name);
      return name.endsWith("_price") ? (variable?.query ?? "") : ".*";
    }),
  ]),
);

describe.skipIf(!hasPrometheus)(`every query has an answer of ${PROMETHEUS}`, () => {
  let gateway: StatisticsGateway;
  let prometheus: PrometheusServer;
  let asking = true;
  let load: Promise<void>;

  /** What a day brings, over and over: rates need two scrapes. */
  async function traffic(): Promise<void> {
    for (let i = 0; asking; i++) {
      const alice = { "x-mse-consumer": "alice" };
      await gateway.ask(`question ${i}`, alice);
      await gateway.ask(`question ${i}`, alice);
      await gateway.ask(`stream ${i}`, { ...alice, "x-stream": "1" });
      await gateway.ask(`silent ${i}`, { ...alice, "x-silent": "1" });
      await gateway.ask(`fail ${i}`, { ...alice, "x-fail": "500" });
      await gateway.ask(`a weapon ${i}`, alice);
      await gateway.ask(`much ${i}`, { "x-mse-consumer": "greedy" });
      await gateway.leave(`leave ${i}`);
    }
  }

  beforeAll(async () => {
    gateway = await StatisticsGateway.start(CHAIN.map(([name, config]) => [name, config]));
    prometheus = await PrometheusServer.start(gateway.admin, "/stats/prometheus");
    load = traffic();
  }, LIMIT_MS);
  afterAll(async () => {
    asking = false;
    await load;
    await prometheus.stop();
    await gateway.stop();
  });

  test.each(QUERIES)("%s: %s", { timeout: LIMIT_MS }, async (_title, expression) => {
    const values = async (): Promise<number[]> =>
      (await prometheus.query(expression)).map(({ value }) => Number(value[1]));
    await expect
      .poll(async () => (await values()).filter(Number.isFinite).length, { timeout: 60_000 })
      .toBeGreaterThan(0);
  });
});
