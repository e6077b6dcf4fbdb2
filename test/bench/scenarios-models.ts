import { wasmFilter } from "./filters.js";
import { fixture } from "./fixtures.js";
import { plugin, type Scenario } from "./scenarios.js";
import { JSON_ANSWER, LONG_REQUEST, type Traffic } from "./traffic.js";

// Routing by the model in a request's body, before an upstream.

/** Few: the load generator builds a request for each. */
const KEYS = Array.from({ length: 16 }, (_, i) => `user-${i}`);

/** What a length of request is called in the names of its rows. */
const LENGTHS: [string, Traffic][] = [
  ["2 KiB", JSON_ANSWER],
  ["200 KiB", LONG_REQUEST],
];

/** For a body of 2 KiB. */
const ROUTER_LIMIT = { addedMicroseconds: 15 };
const ROUTE = { modelToHeader: "x-higress-llm-model" };
const SPLIT = {
  ...ROUTE,
  split: {
    rules: [
      {
        name: "canary",
        sticky: { by: ["consumer"] },
        variants: [
          { name: "old", weight: 90 },
          { name: "new", weight: 10, model: "deepseek-r1" },
        ],
      },
    ],
  },
};
const MAP = { modelMapping: { "gpt-4o": "deepseek-r1" } };

function rows([length, traffic]: [string, Traffic]): Scenario[] {
  const base = `no filter, body of ${length}`;
  const row = (name: string, of: string, config: object): Scenario => ({
    name: `${name}, body of ${length}`,
    ...(of === "model-router" && traffic === JSON_ANSWER ? { limit: ROUTER_LIMIT } : {}),
    base,
    traffic,
    module: plugin(of),
    filters: (module) => [wasmFilter(module, JSON.stringify(config))],
    keys: KEYS,
  });
  return [
    { name: base, traffic, filters: () => [], keys: KEYS },
    {
      name: `no-op, body of ${length}`,
      base,
      traffic,
      module: () => fixture("empty-all"),
      filters: (path) => [wasmFilter(path, "")],
      keys: KEYS,
    },
    {
      name: `its host calls alone, body of ${length}`,
      base,
      traffic,
      module: () => fixture("router-calls"),
      filters: (path) => [wasmFilter(path, "")],
      keys: KEYS,
    },
    row("model-router", "model-router", ROUTE),
    row("model-router with split", "model-router", SPLIT),
    row("model-mapper", "model-mapper", MAP),
  ];
}

export const MODEL_SCENARIOS: Scenario[] = LENGTHS.flatMap(rows);
