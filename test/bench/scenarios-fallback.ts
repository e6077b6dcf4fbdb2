import { UPSTREAM_TARGET, type Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import { fixture } from "./fixtures.js";
import { plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// model-fallback when nothing fails: `native` in the listener's chain and in the upstream chain, beside
// an empty filter in the same two places, and `replay` in the listener's chain alone. There is a second
// target, so that everything is got ready that a failure of the first would need.

const CLUSTER = "upstream";
const CONFIG = {
  targets: [
    {
      name: UPSTREAM_TARGET,
      cluster: CLUSTER,
      model: "gpt-4o-mini",
      auth: { apiTokens: ["sk-bench"] },
    },
    { name: "spare", cluster: CLUSTER, model: "spare-7b", auth: { apiTokens: ["sk-spare"] } },
  ],
};
/** What was promised of `native`, beside the empty filter. */
const TIMES_EMPTY = 2.5;
const KEYS = ["consumer-0"];

/** What the rows of a kind of answer are called. */
export const EMPTY_TWICE = "no-op in two places";
export const FALLBACK = "model-fallback native";
export const REPLAY = "model-fallback replay";

function rows(kind: string, traffic: Traffic): Scenario[] {
  const common = { base: `no filter, ${kind}`, traffic, keys: KEYS };
  const part = (module: string, role: string) =>
    wasmFilter(module, JSON.stringify({ ...CONFIG, role }), role);
  return [
    {
      ...common,
      name: `${EMPTY_TWICE}, ${kind}`,
      module: () => fixture("empty-all"),
      filters: (path) => [wasmFilter(path, "")],
      upstreamFilters: (path) => [wasmFilter(path, "", "upstream")],
    },
    {
      ...common,
      name: `${FALLBACK}, ${kind}`,
      module: plugin("model-fallback"),
      filters: (path) => [part(path, "listener")],
      upstreamFilters: (path) => [part(path, "upstream")],
      prove: (envoy) => proveServed(envoy, traffic),
      limit: { timesAdded: TIMES_EMPTY, of: `${EMPTY_TWICE}, ${kind}` },
    },
    {
      ...common,
      name: `${REPLAY}, ${kind}`,
      module: plugin("model-fallback"),
      filters: (path) => [
        wasmFilter(path, JSON.stringify({ ...CONFIG, strategy: "replay" }), "listener"),
      ],
      prove: (envoy) => proveServed(envoy, traffic),
    },
  ];
}

export const FALLBACK_SCENARIOS: Scenario[] = [
  ...rows("JSON", JSON_ANSWER),
  ...rows("stream", STREAM_ANSWER),
];

/** The target is named, or this benchmark would be won by a filter that does nothing. */
async function proveServed(envoy: Envoy, traffic: Traffic): Promise<void> {
  const { headers } = await envoy.request(traffic.path, {}, traffic.body);
  if (headers["x-llm-target"] !== UPSTREAM_TARGET || headers["x-llm-model"] !== "gpt-4o-mini") {
    throw new Error("the attempt was not rewritten: x-llm-target or x-llm-model is missing");
  }
}
