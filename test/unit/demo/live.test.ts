import { expect, test } from "vitest";
import type { AuditLine } from "../../../examples/demo/audit-log.js";
import { describeAudit } from "../../../examples/demo/audits.js";
import { readFigures } from "../../../examples/demo/live/figures.js";
import { isOwnCall, readQuotas } from "../../../examples/demo/live/quotas.js";
import { describeRequest } from "../../../examples/demo/live/request.js";

const CHAIN = ["key-auth", "ai-cache", "content-security"];

/** A request that came through the whole chain. */
function line(more: Partial<AuditLine> = {}, log?: object): AuditLine {
  return {
    time: "2026-11-27T20:00:00.000Z",
    id: "r1",
    method: "POST",
    path: "/v1/chat/completions",
    consumer: "team-a",
    variant: null,
    target: null,
    status: 200,
    details: "via_upstream",
    flags: "-",
    duration: 12,
    answerUs: 90,
    reached: ["1000", "1100", "1150", "1400"],
    ai_log: log ? JSON.stringify(JSON.stringify(log)).slice(1, -1) : null,
    ...more,
  };
}

test("a step takes as long as it is to the next one", () => {
  const { steps, answeredBy, isRefused } = describeRequest(line(), CHAIN);
  expect(steps.map(({ us }) => us)).toEqual([100, 50, 250]);
  expect([answeredBy, isRefused]).toEqual([null, false]);
});

test("who answers by itself ends the request, even when it let the headers pass", () => {
  const denied = line({ details: "content_security.denied" }, { safecheck_status: "reqeust deny" });
  const { steps, answeredBy, isRefused } = describeRequest(denied, [...CHAIN, "model-fallback"]);
  expect(steps.map(({ state }) => state)).toEqual(["passed", "passed", "refused", "unseen"]);
  expect(steps[2]).toEqual({
    plugin: "content-security",
    state: "refused",
    note: "denied",
    us: null,
  });
  expect([answeredBy, isRefused]).toEqual(["content-security", true]);
});

test("whom key-auth refused is nobody, whatever the client claims to be", () => {
  const details = "key-auth.unauthorized";
  const claimed = line({ status: 401, details, reached: ["1", null] });
  const view = describeRequest(claimed, CHAIN);
  expect([view.answeredBy, view.consumer]).toEqual(["key-auth", null]);
  expect(describeRequest(line(), CHAIN).consumer).toBe("team-a");
});

test("a client that left is nobody's refusal", () => {
  const left = line({
    status: 0,
    details: "downstream_remote_disconnect",
    reached: ["1", "2", null],
  });
  const { steps, isRefused } = describeRequest(left, CHAIN);
  expect(steps.map(({ state, note }) => `${state}: ${note}`)).toEqual([
    "passed: team-a",
    "passed: client left",
    "unseen: not reached",
  ]);
  expect(isRefused).toBe(false);
});

test("what plugins write may have any characters", () => {
  const log = { model: 'a "b" \\ <c>\n', request_model: "中文", input_token: 3, output_token: 4 };
  const view = describeRequest(line({}, log), CHAIN);
  expect(view).toMatchObject({ model: log.model, requestedModel: "中文" });
  expect(view.tokens).toEqual({ input: 3, output: 4 });
});

test("what a rule masked is told, whatever the verdict on the answer", () => {
  const log = { safecheck_status: "response pass", safecheck_rules: ["phones", "cards"] };
  const { steps } = describeRequest(line({}, log), CHAIN);
  expect(steps[2]).toMatchObject({ state: "changed", note: "masked: phones, cards" });
});

test("what a client writes at length is told at its beginning", () => {
  const long = "a".repeat(60_000);
  const view = describeRequest(
    line(
      { id: long, path: `/${long}`, method: long, consumer: long },
      { model: long, request_model: long },
    ),
    CHAIN,
  );
  expect(JSON.stringify(view).length).toBeLessThan(2500);
  expect(view.path).toBe(`/${long.slice(0, 199)}…`);
});

test("the terminal shows verdicts and nothing else of the log", () => {
  const log = { safecheck_status: "response pass", model: "m", input_token: 1 };
  const audit = describeAudit(JSON.stringify(line({}, log)));
  expect(audit).toContain(
    '"status":200,"details":"via_upstream","safecheck_status":"response pass"}',
  );
  expect(describeAudit(JSON.stringify(line({}, { model: "m" })))).toBe("");
});

test("figures add up what Envoy counts by label, dots in names included", () => {
  const of = (model: string, consumer: string, metric: string, value: string | number) =>
    `wasmcustom.route.llm.upstream.provider.model.${model}.consumer.${consumer}.metric.${metric}: ${value}`;
  const stats = [
    of("gpt-4.1", "team.a", "llm_request_count", 3),
    of("gpt-4.1", "team.b", "llm_request_count", 2),
    of("gpt-4.1", "-", "llm_status_2xx_count", 5),
    of("from-cache", "-", "llm_status_2xx_count", 1),
    of("gpt-4.1", "team.a", "input_token", 10),
    of("gpt-4.1", "team.a", "output_token", 20),
    of("gpt-4.1", "-", "llm_first_token_ms", "P0(1,2) P25(nan,3) P50(nan,4.5) P95(9,305) P99(1,1)"),
    of("qwen", "-", "llm_first_token_ms", "No recorded values"),
    // The same model behind another cluster: the slower one tells.
    of("gpt-4.1", "-", "llm_first_token_ms", "P50(1,9.5) P95(1,300)").replace("provider", "spare"),
    of("gpt 4o\u2028", "Alice Smith", "input_token", 7),
    "wasmcustom.route.r.upstream.c.model.none.consumer.team.a.metric.token_ratelimit_count: 2",
    "wasmcustom.key_auth_ok: 7",
    "wasmcustom.key_auth_no_key: 1",
    "wasmcustom.ai_sec_response_deny: 0",
    "wasmcustom.ai_cache_hit: 1",
    "wasmcustom.ai_cache_miss: 3",
    "wasmcustom.model_fallback.r1.fallback_served: 2",
    "wasmcustom.model_fallback.r1.deepseek-r1.breaker_state: 1",
    "wasmcustom.model_fallback.r1.qwen-max.breaker_state: 0",
  ].join("\n");
  expect(readFigures(stats)).toEqual({
    requests: 5,
    errors: 0,
    clientAborts: 0,
    models: [
      { model: "gpt-4.1", answers: 5 },
      { model: "from-cache", answers: 1 },
    ],
    consumers: [
      { consumer: "team.a", input: 10, output: 20 },
      { consumer: "Alice Smith", input: 7, output: 0 },
    ],
    cache: { hits: 1, misses: 3, savedTokens: 0 },
    refusals: [
      { plugin: "key-auth", reason: "no key", count: 1 },
      { plugin: "token-rate-limit", reason: "too many tokens", count: 2 },
    ],
    firstToken: [{ model: "gpt-4.1", p50: 9.5, p95: 305 }],
    fallbacks: [{ chain: "r1", served: 2, openTargets: ["deepseek-r1"] }],
  });
});

test("budgets are those of the period that runs, else of all time; groups have none", () => {
  const report = {
    unit: "tokens",
    quotas: [
      {
        consumer: "team-a",
        quota: 49800,
        period: { id: "2026-05", ends_at: 1780272000, input: 150, output: 50, requests: 3 },
        total: { input: 9150, output: 4050, requests: 120 },
      },
      { consumer: "team-b", quota: -5, total: { input: 1, output: 2, requests: 1 } },
      { consumer: "new", quota: 7 },
      { group: "all", quota: 9 },
    ],
  };
  expect(readQuotas(JSON.stringify(report))).toEqual([
    { consumer: "team-a", left: 49800, input: 150, output: 50, requests: 3, period: "2026-05" },
    { consumer: "team-b", left: -5, input: 1, output: 2, requests: 1, period: null },
    { consumer: "new", left: 7, input: 0, output: 0, requests: 0, period: null },
  ]);
});

test("the page's own calls are told apart from those that somebody pastes", () => {
  expect(isOwnCall("/v1/chat/completions/quota/report?for=live-page")).toBe(true);
  expect(isOwnCall("/v1/chat/completions/quota/report")).toBe(false);
  expect(isOwnCall(null)).toBe(false);
});
