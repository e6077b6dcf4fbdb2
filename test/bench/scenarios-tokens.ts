import type { Envoy } from "./envoy.js";
import { wasmFilter } from "./filters.js";
import { fixture } from "./fixtures.js";
import type { Limit } from "./report.js";
import { FLOOR, plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// Token budgets with the shared store, before an upstream: a JSON answer, and a stream. Both rows
// of a kind are compared with the Envoy that has no filter and the same upstream.

const CONSUMERS = Array.from({ length: 500 }, (_, i) => `consumer-${i}`);
/** Has a budget of one token, to see that budgets hold. */
const POOR = "poor";
const PLENTY = 1_000_000_000_000;

const LIMIT = {
  rule_name: "bench",
  store: { type: "shared" },
  rule_items: [
    { limit_by_consumer: "", limit_keys: [{ key: POOR, token_per_day: 1 }] },
    { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_minute: PLENTY }] },
  ],
};

const QUOTA = {
  admin_consumer: "operator",
  store: { type: "shared" },
  quotas: [{ consumer: POOR, tokens: 1 }],
  default_quota: PLENTY,
};

/** What a kind of answer is called in the names of its rows, and what a budget without options may cost. */
const KINDS: [string, Traffic, Limit][] = [
  ["JSON", JSON_ANSWER, { addedMicroseconds: 25 }],
  ["stream", STREAM_ANSWER, { timesNone: 1.1 }],
];

/** Name of the row that others with the same kind of answer are compared with. */
function baseOf(kind: string): string {
  return `no filter, ${kind}`;
}

function row(
  kind: string,
  traffic: Traffic,
  name: string,
  config: object,
  limit?: Limit,
): Scenario {
  return {
    name: `${name}, ${kind}`,
    limit,
    base: baseOf(kind),
    traffic,
    module: plugin(name.split(" ", 1)[0] ?? ""),
    filters: (module) => [wasmFilter(module, JSON.stringify(config))],
    keys: CONSUMERS,
    prove: (envoy) => proveBudget(envoy, traffic),
  };
}

/** What a wasm filter costs whatever its code does. */
function floor(kind: string, traffic: Traffic, name: string, module: string): Scenario {
  return {
    name: `${name}, ${kind}`,
    base: baseOf(kind),
    traffic,
    module: () => fixture(module),
    filters: (path) => [wasmFilter(path, "")],
    keys: CONSUMERS,
  };
}

export const TOKEN_SCENARIOS: Scenario[] = KINDS.flatMap(([kind, traffic, limit]) => [
  { name: baseOf(kind), traffic, filters: () => [], keys: CONSUMERS },
  floor(kind, traffic, "no-op", "empty-all"),
  floor(kind, traffic, "reads the answer", "read-body"),
  floor(kind, traffic, FLOOR, "token-calls"),
  row(kind, traffic, "token-rate-limit", LIMIT, limit),
  row(kind, traffic, "token-rate-limit with reservation", {
    ...LIMIT,
    reservation: { enabled: true },
  }),
  row(kind, traffic, "token-quota", QUOTA, limit),
  row(kind, traffic, "token-quota with report", { ...QUOTA, usage_report: true }),
]);

/** The answer is charged, or this benchmark would be won by a filter that reads nothing. */
async function proveBudget(envoy: Envoy, traffic: Traffic): Promise<void> {
  const send = async (): Promise<number> =>
    (await envoy.request(traffic.path, { [traffic.keyHeader]: POOR })).status;
  const statuses = [await send(), await send()];
  if (statuses[0] !== 200 || (statuses[1] !== 429 && statuses[1] !== 403)) {
    throw new Error(`a consumer with one token got ${statuses.join(" and ")}`);
  }
}
