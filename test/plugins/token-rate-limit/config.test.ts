import { describe, expect, test } from "vitest";
import { testConfigurations } from "../configurations.js";
import { firstStart } from "../loaded.js";
import { byHeader, load, PEER, SHARED } from "./support.js";

testConfigurations({ plugin: "token-rate-limit", load });

describe("what a start logs", () => {
  const K = byHeader("k1", 5);
  const cases: [string, object, string[]][] = [
    [
      "two rules with one name",
      { ...PEER, rule_items: [K, K] },
      [
        "warn duplicate rule found: limit_by_header='x-api-key' in rule_items; for the same value and window they share one counter, which is charged twice unless dedupe_keys is true",
      ],
    ],
    [
      "a pattern where only literals are compared",
      { ...PEER, rule_items: [byHeader("*", 5)] },
      [
        'warn rule_items[0].limit_keys[0]: "*" is compared as it stands; for patterns use limit_by_per_header',
      ],
    ],
    [
      "shared data as store",
      { ...SHARED, rule_items: [K] },
      ["info tokens are counted in the memory of this gateway: each gateway has its own limits"],
    ],
  ];

  test.each(cases)("%s", async (_what, config, expected) => {
    const lines = firstStart(await load(config));
    expect(lines.filter((line) => !line.includes("redis init"))).toEqual([
      ...expected,
      "info plugin start successfully",
    ]);
  });
});

test("no start, good or bad, writes a password or token into the log", async () => {
  const secrets = { username: "u-S3CRET", password: "p-S3CRET" };
  const configs = [
    { ...PEER, redis: { service_name: "redis.dns", ...secrets }, global_threshold: {} },
    { ...PEER, redis: { service_name: "gone.dns", ...secrets }, rule_items: [byHeader("k", 5)] },
    { rule_name: "r", store: { type: "redis-http", token: "t-S3CRET" }, global_threshold: {} },
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => line.includes("S3CRET"))).toEqual([]);
  }
});
