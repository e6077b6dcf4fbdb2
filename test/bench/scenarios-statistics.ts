import { CHECK_PATH, SPAN_KIND_HEADER, type Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import type { Limit } from "./report.js";
import { plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// ai-statistics before an upstream: question and answer of each request in `ai_log`, usage, durations
// and all its counters.

const KEYS = ["consumer-0", "consumer-1"];
export const ATTRIBUTES = {
  attributes: [
    { key: "question", apply_to_log: true },
    { key: "answer", apply_to_log: true },
  ],
};

function row(kind: string, traffic: Traffic, limit: Limit): Scenario {
  return {
    name: `ai-statistics, ${kind}`,
    base: `no filter, ${kind}`,
    limit,
    traffic,
    module: plugin("ai-statistics"),
    filters: (module) => [wasmFilter(module, JSON.stringify(ATTRIBUTES))],
    keys: KEYS,
    prove: proveWatched,
  };
}

export const STATISTICS_SCENARIOS: Scenario[] = [
  row("JSON", JSON_ANSWER, { addedMicroseconds: 30 }),
  row("stream", STREAM_ANSWER, { timesNone: 1.15 }),
];

/** What the filter leaves of a request is there. */
async function proveWatched(envoy: Envoy): Promise<void> {
  const { headers } = await envoy.request(CHECK_PATH, {});
  if (headers[SPAN_KIND_HEADER] !== "LLM") throw new Error("a request was not watched");
}
