import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OPERATOR_KEY, TEAM_A_KEY, TEAM_B_KEY } from "../../examples/demo/keys.js";
import { FAULTS, play, SCENARIOS } from "../../examples/demo/live/scenarios.js";
import { freePorts } from "../support/ports.js";
import { Script } from "../support/process.js";
import { hasPrometheus, PROMETHEUS, PrometheusServer } from "../support/prometheus-server.js";
import { DASHBOARD_QUERIES, DASHBOARD_VARIABLES } from "./dashboard-queries.js";

// `npm start` beside a real Prometheus: who used how much of what, and who was refused.

/** The build of all plugins is part of the first start. */
const START_LIMIT = 600_000;
const LIMIT_MS = 60_000;
const METRIC = "route_upstream_model_consumer_metric_";
const CHAT = "/v1/chat/completions";

/** What its model does not tell, what its configuration does not count, and what goes wrong in no scenario. */
const UNCOUNTED = [
  /_(cached_input_token|reasoning_output_token|llm_usage_missing_count|llm_client_abort_count)\{/,
  /_(llm_cost_millionths|ai_sec_(request|response)_(pass|duration)|ai_sec_response_mask)\{/,
  /_(token_quota_reject|token_\w+_error|ai_cache_error|model_fallback_exhausted)_count\{/,
];
/** Whether nothing is what the query finds, and not filled in either. */
function isEmpty(query: string): boolean {
  return UNCOUNTED.some((metric) => metric.test(query)) && !query.includes(" or ");
}

/** Some of what the dashboard's variables offer. */
const CHOICES: Record<string, string[]> = {
  ai_route: ["llm"],
  ai_cluster: ["provider", "r1-chain"],
  ai_model: ["gpt-4o", "gpt-4o-mini", "qwen-max"],
  ai_consumer: ["team-a", "team-b"],
};

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

describe.skipIf(!hasPrometheus)(`the demo, asked by ${PROMETHEUS}`, () => {
  let demo: Script;
  let prometheus: PrometheusServer;
  let gateway: string;
  let modelPort: string;
  /** What the answers said that they used. */
  const used: Record<string, Usage> = {};

  beforeAll(async () => {
    const [PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT] = (await freePorts(4)).map(String);
    demo = Script.start("examples/demo/start.ts", { PORT, ADMIN_PORT, MODEL_PORT, PAGE_PORT });
    await demo.printed("Ctrl-C stops everything.");
    modelPort = MODEL_PORT!;
    gateway = `http://127.0.0.1:${PORT}`;
    prometheus = await PrometheusServer.start(`127.0.0.1:${ADMIN_PORT}`, "/stats/prometheus");
    await note("team-a", TEAM_A_KEY, "gpt-4o", "one");
    await note("team-a", TEAM_A_KEY, "gpt-4o", "two and three");
    await note("team-b", TEAM_B_KEY, "gpt-4o-mini", "four");
    await ask(TEAM_A_KEY, "gpt-4o", "a weapon");
    await ask("sk-wrong", "gpt-4o", "hello");
  }, START_LIMIT);
  afterAll(async () => {
    await prometheus?.stop();
    demo?.kill("SIGTERM");
    await demo?.ended;
  });

  function ask(key: string, model: string, content: string): Promise<Response> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const body = JSON.stringify({ model, messages: [{ role: "user", content }] });
    return fetch(gateway + CHAT, { method: "POST", headers, body });
  }

  async function note(consumer: string, key: string, model: string, content: string) {
    const answer = (await (await ask(key, model, content)).json()) as { usage: Usage };
    const sum = (used[consumer] ??= { prompt_tokens: 0, completion_tokens: 0 });
    sum.prompt_tokens += answer.usage.prompt_tokens;
    sum.completion_tokens += answer.usage.completion_tokens;
  }

  /** Waits for a counter with these labels. */
  function counter(name: string, labels: string, value: number): Promise<void> {
    const query = `sum(${METRIC}${name}{ai_route="llm",${labels}})`;
    const found = async () => (await prometheus.query(query)).map((one) => Number(one.value[1]));
    return expect.poll(found, { timeout: 20_000 }).toEqual([value]);
  }

  test.each([
    ["team-a", "gpt-4o"],
    ["team-b", "gpt-4o-mini"],
  ])("tokens of %s, by model", { timeout: LIMIT_MS }, async (consumer, model) => {
    const labels = `ai_cluster="provider",ai_model="${model}",ai_consumer="${consumer}"`;
    const { prompt_tokens: input, completion_tokens: output } = used[consumer]!;
    expect(Math.min(input, output)).toBeGreaterThan(0);
    await counter("input_token", labels, input);
    await counter("output_token", labels, output);
  });

  test("the report of token-quota says the same", { timeout: LIMIT_MS }, async () => {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    const answer = await fetch(`${gateway}${CHAT}/quota/report`, { headers });
    const { quotas } = (await answer.json()) as {
      quotas: { consumer: string; total: { input: number; output: number } }[];
    };
    const told = quotas.map(({ consumer, total }) => [consumer, total.input, total.output]);
    for (const [consumer, usage] of Object.entries(used)) {
      expect(told).toContainEqual([consumer, usage.prompt_tokens, usage.completion_tokens]);
    }
  });

  test.each([
    ["ai_sec_request_deny", 'ai_model="none",ai_consumer="team-a"'],
    ["auth_reject_count", 'ai_cluster="-",ai_consumer="none"'],
    ["llm_status_4xx_count", 'ai_consumer="-"'],
  ])("one refusal: %s", { timeout: LIMIT_MS }, async (name, labels) => {
    await counter(name, labels, 1);
  });

  describe("whose buttons are pressed, over and over", () => {
    let pressing = true;
    let pressed: Promise<void>;

    beforeAll(() => {
      pressed = press();
    });
    afterAll(async () => {
      pressing = false;
      await pressed;
    });

    /** Rates need two scrapes with something between them. */
    async function press(): Promise<void> {
      const port = Number(new URL(gateway).port);
      const fault = `http://127.0.0.1:${modelPort}/mock/fault`;
      while (pressing) {
        for (const scenario of SCENARIOS) await play(scenario, port);
        for (const one of FAULTS.slice(0, 2)) {
          await fetch(fault, { method: "POST", body: JSON.stringify(one.fault) });
        }
        for (const scenario of SCENARIOS) await play(scenario, port);
        await fetch(fault, { method: "DELETE" });
      }
    }

    test.each(DASHBOARD_QUERIES)("%s: %s", { timeout: LIMIT_MS }, async (_panel, query) => {
      const values = async () =>
        (await prometheus.query(query)).map(({ value }) => Number(value[1]));
      if (isEmpty(query)) return expect((await values()).filter(Number.isFinite)).toEqual([]);
      const found = async () => (await values()).filter(Number.isFinite).length;
      await expect.poll(found, { timeout: 45_000 }).toBeGreaterThan(0);
    });

    test.each(DASHBOARD_VARIABLES)("choices of $name", async ({ metric, label }) => {
      const expected = CHOICES[label];
      const values = () => prometheus.labelValues(metric, label);
      await expect.poll(values, { timeout: 20_000 }).toEqual(expect.arrayContaining(expected!));
    });
  });
});
