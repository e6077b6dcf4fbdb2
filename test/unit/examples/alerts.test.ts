import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findOnPath } from "../../../build/tools/fetch-run.js";
import { hasPrometheus, PROMETHEUS } from "../../support/prometheus-server.js";

// Each rule of examples/statistics/alerts.yaml with what it is to speak of, and with a little less.
// Prometheus's own tool evaluates them over an hour that nobody has to wait for.

const ALERTS = "examples/statistics/alerts.yaml";
const METRIC = "route_upstream_model_consumer_metric_";
/** Between two samples. */
const INTERVAL = "15s";

/** Counters by name and labels; each number is what one grows by from sample to sample. */
type Counters = Record<string, number>;

interface Case {
  alert: string;
  /** Labels of the alert. */
  labels: Record<string, string>;
  loud: Counters;
  quiet: Counters;
}

const denied = (direction: string): string =>
  `${METRIC}ai_sec_${direction}_deny{ai_consumer="alice"}`;
const firstToken = (le: string): string =>
  `${METRIC}llm_first_token_ms_bucket{ai_model="gpt-4o",le="${le}"}`;

const CASES: Case[] = [
  {
    alert: "AiGatewayErrors",
    labels: { ai_cluster: "c" },
    loud: {
      [`${METRIC}llm_error_count{ai_cluster="c"}`]: 6,
      [`${METRIC}llm_request_count{ai_cluster="c"}`]: 100,
    },
    quiet: {
      [`${METRIC}llm_error_count{ai_cluster="c"}`]: 4,
      [`${METRIC}llm_request_count{ai_cluster="c"}`]: 100,
    },
  },
  {
    alert: "AiGatewaySlowFirstToken",
    labels: { ai_model: "gpt-4o" },
    loud: { [firstToken("5000")]: 94, [firstToken("10000")]: 100, [firstToken("+Inf")]: 100 },
    quiet: { [firstToken("5000")]: 96, [firstToken("10000")]: 100, [firstToken("+Inf")]: 100 },
  },
  {
    alert: "AiGatewayUsageMissing",
    labels: {},
    loud: { [`${METRIC}llm_usage_missing_count`]: 2, [`${METRIC}llm_request_count`]: 100 },
    quiet: { [`${METRIC}llm_usage_missing_count`]: 0.9, [`${METRIC}llm_request_count`]: 100 },
  },
  // Three of fifteen seconds are one in five: any mixture of the two directions.
  ...[
    [{ request: 4 }, { request: 2 }],
    [{ response: 4 }, { response: 2 }],
    [
      { request: 2, response: 2 },
      { request: 1, response: 1 },
    ],
  ].map(([loud = {}, quiet = {}]) => {
    const counters = (all: Record<string, number>): Counters =>
      Object.fromEntries(Object.entries(all).map(([name, by]) => [denied(name), by]));
    return {
      alert: "AiGatewayDenyBurst",
      labels: { ai_consumer: "alice" },
      loud: counters(loud),
      quiet: counters(quiet),
    };
  }),
  {
    alert: "AiGatewayChecksFail",
    labels: {},
    loud: { ai_sec_error: 1 },
    quiet: { ai_sec_error: 0 },
  },
  ...[
    "token_rate_limit_store_errors_timeout",
    "token_quota_store_errors_refused",
    "ai_cache_store_errors_closed",
    "ai_cache_backend_error",
  ].map((name) => ({
    alert: "AiGatewayStoreErrors",
    labels: {},
    loud: { [name]: 1 },
    quiet: { [name]: 0, ai_cache_miss: 1 },
  })),
  {
    alert: "AiGatewayNoTargetLeft",
    labels: { chain: "gpt" },
    loud: { model_fallback_gpt_all_failed: 1 },
    quiet: { model_fallback_gpt_all_failed: 0, model_fallback_gpt_answered: 1 },
  },
  {
    alert: "AiGatewaySeriesOverflow",
    labels: {},
    loud: { ai_stat_series_overflow_count: 1 },
    quiet: { ai_stat_series_overflow_count: 0 },
  },
];

interface Rule {
  alert: string;
  annotations: { summary: string };
}
const { groups } = parse(readFileSync(ALERTS, "utf8")) as { groups: { rules: Rule[] }[] };
const RULES = new Map(groups.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]));

test("every rule has a case", () => {
  expect(new Set(CASES.map(({ alert }) => alert))).toEqual(new Set(RULES.keys()));
});

describe.skipIf(!hasPrometheus)(`rules as the promtool of ${PROMETHEUS} sees them`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "alerts-test-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs one case; throws with promtool's account of the difference. */
  function evaluate({ alert, labels }: Case, counters: Counters, speaks: boolean): void {
    const summary = RULES.get(alert)!.annotations.summary.replace(
      /\{\{ \$labels\.(\w+) \}\}/g,
      (_, label: string) => labels[label] ?? "",
    );
    const expected = { exp_labels: labels, exp_annotations: { summary } };
    const input_series = Object.entries(counters).map(([series, by]) => ({
      series,
      values: `0+${by}x240`,
    }));
    const alert_rule_test = [
      { eval_time: "30m", alertname: alert, exp_alerts: speaks ? [expected] : [] },
    ];
    const file = join(folder, "case.yaml");
    // JSON is YAML.
    writeFileSync(
      file,
      JSON.stringify({
        rule_files: [resolve(ALERTS)],
        evaluation_interval: INTERVAL,
        tests: [{ interval: INTERVAL, input_series, alert_rule_test }],
      }),
    );
    const tool = findOnPath("promtool");
    if (tool === null) throw new Error("no promtool on the PATH: apt-get install prometheus");
    execFileSync(tool, ["test", "rules", file], { stdio: "pipe" });
  }

  test.each(CASES)("$alert speaks of $loud", (one) => evaluate(one, one.loud, true));
  test.each(CASES)("$alert does not speak of $quiet", (one) => evaluate(one, one.quiet, false));
});
