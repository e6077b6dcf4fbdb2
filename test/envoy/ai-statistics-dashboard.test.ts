import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPrometheus, PROMETHEUS, PrometheusServer } from "../support/prometheus-server.js";
import { DASHBOARD_QUERIES } from "./dashboard-queries.js";
import { StatisticsGateway } from "./statistics-gateway.js";

// Every query of examples/statistics/dashboard.json and alerts.yaml, answered by a real Prometheus that scrapes a real
// Envoy with a chain of plugins.

const LIMIT_MS = 120_000;
const EVERY_REQUEST = { metrics: { every_request: true } };
/** A store, and a judge, that nobody can reach. */
const NOWHERE = { cluster: "nowhere", cluster_name: "nowhere" };
const CONSUMERS = ["alice", "greedy", "poor"].map((name) => ({ name, credential: name }));
const CHAIN = [
  ["key-auth", { global_auth: true, keys: ["x-api-key"], in_header: true, consumers: CONSUMERS }],
  ["ai-cache", { cache: { type: "memory" }, cacheKeyStrategy: "lastQuestion", ...EVERY_REQUEST }],
  // The model is no Redis: it answers, and not as one.
  ["ai-cache", { cache: { type: "redis-http", cluster: "provider" }, ...EVERY_REQUEST }],
  [
    "token-quota",
    {
      admin_consumer: "admin",
      store: { type: "shared" },
      default_quota: 1_000_000_000,
      quotas: [{ consumer: "poor", tokens: 0 }],
    },
  ],
  [
    "token-quota",
    {
      admin_consumer: "admin",
      store: { type: "redis-http", token: "t", ...NOWHERE },
      fail_mode: "open",
    },
  ],
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
  [
    "token-rate-limit",
    {
      rule_name: "nowhere",
      store: { type: "redis-http", token: "t", ...NOWHERE },
      global_threshold: { token_per_hour: 1000 },
    },
  ],
  [
    "content-security",
    {
      requestScope: "all",
      rules: [
        { name: "words", words: ["weapon"] },
        { name: "phones", builtin: "phone_cn", action: "mask" },
      ],
      ...EVERY_REQUEST,
    },
  ],
  // It would hold streams back: one is left while it runs.
  [
    "content-security",
    { backend: { type: "webhook", ...NOWHERE }, checkResponse: false, ...EVERY_REQUEST },
  ],
  [
    "model-fallback",
    {
      role: "listener",
      targets: ["a", "b"].map((name) => ({ name, auth: { type: "keep" } })),
      chains: [{ name: "gpt", match: { models: ["gpt-4"] }, targets: ["a", "b"] }],
    },
  ],
] as const;

/** Who key-auth and the filter before it are to take the request for. */
function as(consumer: string): Record<string, string> {
  return { "x-mse-consumer": consumer, "x-api-key": consumer };
}

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
const SILENT = /SlowFirstToken|SeriesOverflow/;
const LOUD = /Errors$|UsageMissing|NoTargetLeft|ChecksFail/;

describe.skipIf(!hasPrometheus)(`every query has an answer of ${PROMETHEUS}`, () => {
  let gateway: StatisticsGateway;
  let prometheus: PrometheusServer;
  let asking = true;
  let load: Promise<void>;

  /** What a day brings, over and over: rates need two scrapes. */
  async function traffic(): Promise<void> {
    for (let i = 0; asking; i++) {
      const alice = as("alice");
      await gateway.ask(`question ${i}`, alice);
      await gateway.ask(`question ${i}`, alice);
      await gateway.ask(`stream ${i}`, { ...alice, "x-stream": "1" });
      await gateway.ask(`silent ${i}`, { ...alice, "x-silent": "1" });
      await gateway.ask(`fail ${i}`, { ...alice, "x-fail": "500" });
      await gateway.ask(`a weapon ${i}`, alice);
      await gateway.ask(`call 13812345678 ${i}`, alice);
      await gateway.ask(`say a secret ${i}`, { ...alice, "x-say": "weapon" });
      await gateway.ask(`say a number ${i}`, { ...alice, "x-say": "13812345678" });
      await gateway.ask(`much ${i}`, as("greedy"));
      await gateway.ask(`broke ${i}`, as("poor"));
      // Prometheus would throw away the whole page for that byte.
      await gateway.ask(`who ${i}`, { ...as("nobody"), "x-mse-consumer": "nob\xf6dy" });
      await gateway.leave(`leave ${i}`, alice);
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

  test.each([...DASHBOARD_QUERIES, ...ALERTS])(
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

  test("what plugins answer in no time flatters no panel about durations", async () => {
    const answered = 'route_upstream_model_consumer_metric_llm_service_ms_count{ai_model="from-%"}';
    for (const plugin of ["cache", "security-guard"]) {
      const found = () => prometheus.query(answered.replace("%", plugin));
      await expect.poll(found, { timeout: 60_000 }).toHaveLength(1);
    }
    const durations = /llm_(first_token|service|output_token)_(ms|duration)/;
    const queries = DASHBOARD_QUERIES.filter(([, query]) => durations.test(query));
    expect(queries.length).toBeGreaterThan(5);
    for (const [title, query] of queries) {
      const models = (await prometheus.query(query)).map(({ metric }) => metric["ai_model"]);
      expect(models, title).toContain("gpt-4o");
      expect(models, title).not.toContainEqual(expect.stringMatching(/^from-/));
    }
  });

  test.each([
    ["ai_sec_request_deny", "provider", "none", "alice"],
    ["ai_sec_request_mask", "provider", "none", "alice"],
    ["ai_sec_request_error", "provider", "none", "alice"],
    ["ai_sec_response_deny", "provider", "none", "alice"],
    ["ai_sec_request_duration_count", "-", "-", "-"],
    ["token_ratelimit_count", "provider", "none", "greedy"],
    ["token_ratelimit_error_count", "provider", "none", "alice"],
    ["token_quota_reject_count", "provider", "none", "poor"],
    ["token_quota_error_count", "provider", "none", "alice"],
    ["ai_cache_hit_count", "provider", "gpt-4", "-"],
    ["ai_cache_saved_token", "provider", "gpt-4", "-"],
    ["model_fallback_exhausted_count", "a", "gpt-4", "-"],
    ["auth_reject_count", "-", "-", "none"],
  ])("Envoy makes labels of %s: %s, %s, %s", async (metric, cluster, model, consumer) => {
    const labels = `ai_route="llm",ai_cluster="${cluster}",ai_model="${model}",ai_consumer="${consumer}"`;
    const query = `route_upstream_model_consumer_metric_${metric}{${labels}}`;
    const value = async () => Number((await prometheus.query(query))[0]?.value[1]);
    await expect.poll(value, { timeout: 60_000 }).toBeGreaterThan(0);
  });

  test.each(RULES)("$alert speaks when there is reason, and only then", async ({ alert, expr }) => {
    const fires = async () => (await prometheus.query(expr)).length > 0;
    if (SILENT.test(alert)) expect(await fires()).toBe(false);
    else if (LOUD.test(alert)) await expect.poll(fires, { timeout: 60_000 }).toBe(true);
    else expect(alert).toBe("AiGatewayDenyBurst"); // as fast as the machine is
  });
});
