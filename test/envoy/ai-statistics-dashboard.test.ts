import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPrometheus, PROMETHEUS, PrometheusServer } from "../support/prometheus-server.js";
import { StatisticsGateway } from "./statistics-gateway.js";

// Every query of examples/statistics/dashboard.json and alerts.yaml, answered by a real Prometheus that scrapes a real
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
  [
    "model-fallback",
    {
      role: "listener",
      targets: ["a", "b"].map((name) => ({ name, auth: { type: "keep" } })),
      chains: [{ name: "gpt", match: { models: ["gpt-4"] }, targets: ["a", "b"] }],
    },
  ],
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

/** What alerts compare with a threshold, with their names. */
const { groups } = parse(readFileSync("examples/statistics/alerts.yaml", "utf8")) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};
const RULES = groups.flatMap(({ rules }) => rules);
const ALERTS = RULES.map(({ alert, expr }): [string, string] => {
  const [, left] = /^(.*) > [\d.]+$/s.exec(expr) ?? [];
  if (left === undefined) throw new Error(`${alert} compares with no threshold: ${expr}`);
  return [alert, left];
});
/** What this traffic is no reason for, and what it is one for. */
const SILENT = /SlowFirstToken|ChecksFail|StoreErrors|SeriesOverflow/;
const LOUD = /Errors$|UsageMissing|NoTargetLeft/;

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

  test.each([...QUERIES, ...ALERTS])(
    "%s: %s",
    { timeout: LIMIT_MS },
    async (_title, expression) => {
      const values = async (): Promise<number[]> =>
        (await prometheus.query(expression)).map(({ value }) => Number(value[1]));
      await expect
        .poll(async () => (await values()).filter(Number.isFinite).length, { timeout: 60_000 })
        .toBeGreaterThan(0);
    },
  );

  test.each(RULES)("$alert speaks when there is reason, and only then", async ({ alert, expr }) => {
    const fires = async () => (await prometheus.query(expr)).length > 0;
    if (SILENT.test(alert)) expect(await fires()).toBe(false);
    else if (LOUD.test(alert)) await expect.poll(fires, { timeout: 60_000 }).toBe(true);
    else expect(alert).toBe("AiGatewayManyRefusals"); // as fast as the machine is
  });
});
