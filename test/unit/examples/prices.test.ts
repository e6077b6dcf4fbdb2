import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { findOnPath } from "../../../build/tools/fetch-run.js";
import { hasPrometheus, PROMETHEUS } from "../../support/prometheus-server.js";

// The dashboard's estimate of costs with examples/statistics/prices.yaml, evaluated by Prometheus's own tool.

const PRICES = "examples/statistics/prices.yaml";
const METRIC = "route_upstream_model_consumer_metric_";

interface Dashboard {
  panels: { title: string; targets?: { expr: string }[] }[];
}
const { panels } = JSON.parse(
  readFileSync("examples/statistics/dashboard.json", "utf8"),
) as Dashboard;
const ESTIMATE = panels
  .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  .find((expr) => expr.includes("$input_price"))!
  .replaceAll("$input_price", "1")
  .replaceAll("$output_price", "3")
  .replaceAll(/\$\w+/g, ".*");

/** A thousand tokens a minute, of one consumer. */
function counter(kind: string, model: string): object {
  return {
    series: `${METRIC}${kind}_token{ai_consumer="alice",ai_model="${model}"}`,
    values: "0+1000x120",
  };
}

describe.skipIf(!hasPrometheus)(`costs as the promtool of ${PROMETHEUS} sees them`, () => {
  // Embeddings have no output: a counter of nothing is never made.
  const kinds = {
    "gpt-4o": ["input", "output"],
    another: ["input", "output"],
    embedder: ["input"],
  };
  const input_series = Object.entries(kinds).flatMap(([model, own]) =>
    own.map((kind) => counter(kind, model)),
  );

  // 60 000 tokens of each kind: at 2.5 and 10 a million, and at 1 and 3.
  test.each([
    ["with prices", [resolve(PRICES)], 0.75 + 0.24 + 0.06],
    ["without", [], 0.24 + 0.24 + 0.06],
  ])("%s", (_name, rule_files, value) => {
    const folder = mkdtempSync(join(tmpdir(), "prices-test-"));
    try {
      const file = join(folder, "case.yaml");
      const promql_expr_test = [
        {
          expr: `round(${ESTIMATE}, 0.0001)`,
          eval_time: "100m",
          exp_samples: [{ labels: '{ai_consumer="alice"}', value }],
        },
      ];
      const tests = [{ interval: "1m", input_series, promql_expr_test }];
      // JSON is YAML.
      writeFileSync(file, JSON.stringify({ rule_files, evaluation_interval: "1m", tests }));
      const promtool = findOnPath("promtool");
      if (promtool === null) throw new Error("no promtool on the PATH: apt-get install prometheus");
      expect(execFileSync(promtool, ["test", "rules", file], { encoding: "utf8" })).toContain(
        "SUCCESS",
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
