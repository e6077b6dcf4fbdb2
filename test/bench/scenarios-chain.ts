import { buildPlugins } from "../../build/tools/build.js";
import { CHAIN } from "../../build/tools/chain.js";
import type { Envoy, Filter } from "./envoy.js";
import { consumers, wasmFilter } from "./filters.js";
import type { Limit } from "./report.js";
import type { Scenario } from "./scenarios.js";
import { FORBIDDEN, RULES } from "./scenarios-security.js";
import { ATTRIBUTES } from "./scenarios-statistics.js";
import { JSON_ANSWER, STREAM_ANSWER, type Traffic } from "./traffic.js";

// Seven plugins in the order of examples/README.md before an upstream: who asks, which model, what it
// used, answers kept, two budgets, local rules. In one module, and as seven.

/** The rows whose memory is measured, too. */
export const WHOLE_CHAIN = "whole chain, JSON";
export const SEVEN_MODULES = "whole chain as seven modules, JSON";

const ALL = consumers(500);
const PLENTY = 1_000_000_000_000;
/** Has a budget of one token, and a key that no burst sends. */
const POOR = { name: "poor", key: "sk-bench-poor" };
const KEYS = ALL.map(({ key }) => key);

interface Kind {
  name: string;
  base: string;
  answer: Traffic;
  /** Of the cache: with room for one answer, every request of another consumer is a miss. */
  memory: object;
  keys: string[];
  limit?: Limit;
  /** A module each; default: all in one. */
  isApart?: boolean;
}

function chain(memory: object): [plugin: string, config: object][] {
  return [
    [
      "key-auth",
      {
        global_auth: true,
        keys: ["x-api-key"],
        in_header: true,
        consumers: [...ALL, POOR].map(({ name, key }) => ({ name, credential: key })),
      },
    ],
    ["model-router", { modelToHeader: "x-higress-llm-model" }],
    ["ai-statistics", ATTRIBUTES],
    ["ai-cache", { cache: { type: "memory", memory } }],
    [
      "token-quota",
      {
        admin_consumer: "operator",
        store: { type: "shared" },
        quotas: [{ consumer: POOR.name, tokens: 1 }],
        default_quota: PLENTY,
      },
    ],
    [
      "token-rate-limit",
      {
        rule_name: "bench",
        store: { type: "shared" },
        rule_items: [
          { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_minute: PLENTY }] },
        ],
      },
    ],
    ["content-security", RULES],
  ];
}

const PLUGINS = chain({}).map(([plugin]) => plugin);
const fileOf = (module: string) => `build/envoy/${module}.wasm`;

function row({ name, base, answer, memory, keys, limit, isApart = false }: Kind): Scenario {
  const traffic = { ...answer, keyHeader: "x-api-key" };
  const modules = isApart ? PLUGINS : [CHAIN.name];
  const moduleOf = (plugin: string) => fileOf(isApart ? plugin : CHAIN.name);
  return {
    name,
    base,
    limit,
    traffic,
    module: async () => {
      await buildPlugins(modules, ["envoy"]);
      return fileOf(modules[0] ?? "");
    },
    allModules: modules.map(fileOf),
    filters: () =>
      chain(memory).map(([plugin, config]): Filter =>
        wasmFilter(moduleOf(plugin), JSON.stringify(config), plugin),
      ),
    keys,
    prove: (envoy) => prove(envoy, traffic),
  };
}

const ONE_ANSWER = { maxEntries: 1, ways: 1 };

export const CHAIN_SCENARIOS: Scenario[] = [
  row({
    name: WHOLE_CHAIN,
    base: "no filter, JSON",
    answer: JSON_ANSWER,
    memory: ONE_ANSWER,
    keys: KEYS,
    limit: { addedMicroseconds: 500 },
  }),
  row({
    name: "whole chain, cache hit",
    base: "direct answer",
    answer: JSON_ANSWER,
    memory: {},
    keys: KEYS.slice(0, 1),
  }),
  row({
    name: "whole chain, stream",
    base: "no filter, stream",
    answer: STREAM_ANSWER,
    memory: ONE_ANSWER,
    keys: KEYS,
  }),
  row({
    name: SEVEN_MODULES,
    base: "no filter, JSON",
    answer: JSON_ANSWER,
    memory: ONE_ANSWER,
    keys: KEYS,
    limit: { addedMicroseconds: 500 },
    isApart: true,
  }),
];

/** Each plugin that may refuse does, and the cache answers what it knows. */
async function prove(envoy: Envoy, traffic: Traffic): Promise<void> {
  const ask = async (key: string, text = "word word"): Promise<[number, boolean]> => {
    const body = traffic.body?.replace("word word", text);
    const { status, headers } = await envoy.request(traffic.path, { "x-api-key": key }, body);
    return [status, "x-envoy-upstream-service-time" in headers];
  };
  const [known = ""] = KEYS;
  expectThat("an unknown key", await ask("nobody"), [401, 403], false);
  expectThat("a forbidden prompt", await ask(known, FORBIDDEN), [200], false);
  expectThat("a first question", await ask(known), [200], true);
  expectThat("the same question", await ask(known), [200], false);
  expectThat("a consumer with one token", await ask(POOR.key), [200], true);
  expectThat("the same, once more", await ask(POOR.key, "word wort"), [403, 429], false);
}

function expectThat(
  what: string,
  [status, isAnsweredByModel]: [number, boolean],
  statuses: number[],
  reachesModel: boolean,
): void {
  if (statuses.includes(status) && isAnsweredByModel === reachesModel) return;
  throw new Error(`${what}: ${status}, ${isAnsweredByModel ? "the" : "no"} model answered`);
}
