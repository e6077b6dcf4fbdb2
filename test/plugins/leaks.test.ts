import { existsSync, readdirSync } from "node:fs";
import { checkLeaks, createHost, upstream, type PluginOptions } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { expect, test } from "vitest";
import { CHAIN } from "../../build/tools/chain.js";
import { aiCache, MEMORY } from "./ai-cache/support.js";
import { contentSecurity, LOCAL } from "./content-security/support.js";
import { GO, keyAuth } from "./key-auth/support.js";
import { bothParts } from "./model-fallback/support.js";
import { modelMapper } from "./model-mapper/support.js";
import { modelRouter } from "./model-router/support.js";
import { answer, JSON_TYPE, refill, SHARED as QUOTA, tokenQuota } from "./token-quota/support.js";
import { tag, trafficTag } from "./traffic-tag/support.js";
import { byHeader, plugin, SHARED } from "./token-rate-limit/support.js";

// No plugin may keep memory of a request that is over: taken, refused or given up by the client.

const LIMIT = { ...SHARED, rule_items: [byHeader("k1", 1_000_000)] };
const TAGS = {
  conditionGroups: ["header", "cookie", "parameter"].map((conditionType) =>
    tag(conditionType, {
      logic: "and",
      conditions: [{ conditionType, key: "k", operator: "percentage", value: 50 }],
    }),
  ),
  weightGroups: [tag("w", { weight: 50 })],
};
const WASM = `build/envoy/${CHAIN.name}.wasm`;
const RICH = { ...QUOTA, default_quota: 1_000_000 };
const STATISTICS = {
  name: "ai-statistics",
  wasm: "build/envoy/ai-statistics.wasm",
  vmId: "one",
  config: JSON.stringify({ use_default_attributes: true, dialog_log: { enabled: true } }),
};
const plugins: [string, PluginOptions[], Record<string, string>, number[]][] = [
  ["key-auth", [keyAuth(GO)], { "x-api-key": "k1" }, [200, 401]],
  ["token-quota", [tokenQuota(QUOTA)], { "x-mse-consumer": "bob" }, [200, 401]],
  ["token-rate-limit", [plugin(LIMIT)], { "x-api-key": "k1" }, [200]],
  ["model-fallback", bothParts(), JSON_TYPE, [200]],
  ["model-router", [modelRouter()], JSON_TYPE, [200]],
  ["model-mapper", [modelMapper()], JSON_TYPE, [200]],
  ["content-security", [contentSecurity(LOCAL)], JSON_TYPE, [200]],
  ["ai-statistics", [STATISTICS], JSON_TYPE, [200]],
  ["traffic-tag", [trafficTag(TAGS)], { "x-user": "alice", cookie: "k=1" }, [200]],
  [
    "ai-cache",
    [aiCache({ ...MEMORY, singleFlight: {}, requestCacheControl: true })],
    JSON_TYPE,
    [200],
  ],
];

/** All in one VM, of which each sees what the ones before let through. */
const chain = CHAIN.plugins
  .flatMap((name) => plugins.find((one) => one[0] === name)?.[1] ?? [])
  .map((item): PluginOptions => ({ ...item, rootId: item.name ?? "", vmId: "chain", wasm: WASM }))
  .map((item) =>
    item.rootId === "token-quota" ? { ...item, config: JSON.stringify(RICH) } : item,
  );
plugins.push([CHAIN.name, chain, { ...JSON_TYPE, "x-api-key": "k1" }, [200, 401]]);

test("every plugin of the set is listed here", () => {
  const names = readdirSync("plugins").filter((name) => existsSync(`plugins/${name}/assembly`));
  expect(plugins.map(([name]) => name).sort()).toEqual([...names, CHAIN.name].sort());
});

test.each(plugins)("%s keeps nothing", async (name, items, headers, expected) => {
  await using host = await createHost({
    clusters: { backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }) },
    lifecycle: "single",
    trace: false,
    plugins: items,
  });
  if (name === "token-quota") await refill(host, "bob", 1_000_000);
  const url = "http://a.test/v1/chat/completions";
  const statuses = new Set<number>();
  const report = await checkLeaks(host, async (run) => {
    const taken = run % 2 === 0;
    // Each is asked twice by those that are taken: a cache misses it, then has it.
    const content = `question ${run >> 2}`;
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content }] });
    const reply = await host.fetch(url, { headers: taken ? headers : {}, body }).settle();
    statuses.add(reply.status);
    if (run % 10 > 0) return;
    const gone = host.stream(`POST ${url}`, { headers });
    await gone.data(body.slice(0, 9));
    await gone.abort();
  });
  expect([...statuses].sort()).toEqual(expected);
  expect(report.drift).not.toBeNull();
  expect(report).toHaveNoLeak();
});
