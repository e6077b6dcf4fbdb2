import { UPSTREAM_TARGET, type Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import { fixture } from "./fixtures.js";
import { plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// model-fallback `native` when nothing fails, in the listener's chain and in the upstream chain,
// beside an empty filter in the same two places.

const CONFIG = {
  targets: [{ name: UPSTREAM_TARGET, model: "gpt-4o-mini", auth: { apiTokens: ["sk-bench"] } }],
};
const KEYS = ["consumer-0"];

/** What the two rows of a kind of answer are called. */
export const EMPTY_TWICE = "no-op in two places";
export const FALLBACK = "model-fallback native";

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
