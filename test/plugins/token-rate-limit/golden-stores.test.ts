import { redis, type Cluster } from "proxy-wasm-test";
import { describe, test } from "vitest";
import { readGoldenFolder, wasmFileOf } from "../../scenario/files.js";
import { GoldenCheck } from "../../scenario/golden-check.js";
import { playInHarness } from "../../scenario/play-harness.js";
import type { Profile, Scenario } from "../../scenario/scenario.js";
import { renderTranscript } from "../../scenario/transcript.js";
import { memoryRest } from "../../support/memory-rest.js";
import { REDIS_CLUSTER } from "./support.js";

// The goldens keep their counters in shared data. Of every other store the same transcripts come.

interface Store {
  profile: Profile;
  /** Stands in a configuration in place of `store: { type: shared }`. */
  fields: object;
  clusters: () => Record<string, Cluster>;
}

const overHttp = (dialect: "upstash" | "webdis"): Store => ({
  profile: "envoy-1.40",
  fields: { store: { type: "redis-http", dialect, cluster_name: "rest" } },
  clusters: () => ({ rest: memoryRest(dialect) }),
});

const STORES: Record<string, Store> = {
  Redis: {
    profile: "higress-2.2",
    fields: { redis: { service_name: "redis.dns" } },
    clusters: () => ({ [REDIS_CLUSTER]: redis() }),
  },
  Upstash: overHttp("upstash"),
  Webdis: overHttp("webdis"),
};

type Config = Record<string, unknown>;

/** The configuration with another store; null when it has a store of its own. */
function moved(config: Config, fields: object): Config | null {
  const { store, _rules_, ...rest } = config;
  if ((store as { type?: string } | undefined)?.type !== "shared") return null;
  const rules = _rules_ as Config[] | undefined;
  return {
    ...rest,
    ...fields,
    ...(rules ? { _rules_: rules.map((rule) => moved(rule, fields) ?? rule) } : {}),
  };
}

function withStore(scenario: Scenario, fields: object): Scenario | null {
  const [plugin, ...others] = scenario.plugins;
  if (!plugin || others.length > 0) return null;
  const config = moved(JSON.parse(plugin.config) as Config, fields);
  return config ? { ...scenario, plugins: [{ ...plugin, config: JSON.stringify(config) }] } : null;
}

describe.each(Object.entries(STORES))("counters in %s", (_name, { profile, fields, clusters }) => {
  const check = new GoldenCheck(profile, false);
  const build = profile === "envoy-1.40" ? "envoy" : "higress";
  for (const { file, scenarios } of readGoldenFolder("test/plugins/token-rate-limit/golden")) {
    for (const scenario of scenarios) {
      const other = withStore(scenario, fields);
      if (!other || scenario.env.skip[profile]) continue;
      test(`${file}: ${scenario.title}`, async () => {
        const outcome = await playInHarness(other, {
          profile,
          wasmFile: (plugin) => wasmFileOf(plugin, build, {}),
          clusters: clusters(),
        });
        check.check(scenario, renderTranscript(scenario, outcome));
      });
    }
  }
});
