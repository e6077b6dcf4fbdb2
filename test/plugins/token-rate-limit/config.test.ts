import { describe, expect, test } from "vitest";
import { testConfigurations } from "../configurations.js";
import { firstStart, loadAlone } from "../loaded.js";
import { byHeader, load, PEER, SHARED } from "./support.js";

testConfigurations({ plugin: "token-rate-limit", load });

describe("limit_keys of every kind of rule", () => {
  const exact = 'key: "<exact-value>"';
  const KINDS: [type: string, value: unknown, example: string][] = [
    ["limit_by_header", "h", exact],
    ["limit_by_param", "p", exact],
    ["limit_by_cookie", "c", exact],
    ["limit_by_consumer", null, 'key: "<consumer-name>"'],
    ["limit_by_model", "", exact],
    ["limit_by_per_header", "h", 'key: "*"'],
    ["limit_by_per_param", "p", 'key: "*"'],
    ["limit_by_per_cookie", "c", 'key: "*"'],
    ["limit_by_per_consumer", "", 'key: "*"'],
    ["limit_by_per_model", null, 'key: "*"'],
    ["limit_by_per_ip", "from-remote-addr", 'key: "0.0.0.0/0"'],
  ];

  async function refusal(item: object): Promise<string> {
    const lines = firstStart(await load({ ...PEER, rule_items: [item] }));
    const text = lines.find((line) => line.includes("parse rule config failed")) ?? "";
    return text.replace(/^.*failed to parse rule_item in rule_items: /, "");
  }

  test.each(KINDS)("%s", async (type, value, example) => {
    const rule = { [type]: value };
    const advice = `for ${type}; add at least one entry, e.g. ${example}`;
    expect(await refusal(rule)).toBe(`missing limit_keys in config ${advice}`);
    for (const limit_keys of [[], null]) {
      const empty = await refusal({ ...rule, limit_keys });
      expect(empty).toBe(`config limit_keys cannot be empty ${advice}`);
    }
    expect(await refusal({ ...rule, limit_keys: [{ token_per_day: 1 }] })).toBe(
      "limit_keys key is required",
    );
    const key = type === "limit_by_per_ip" ? "::/0" : type.includes("per") ? "regexp:" : "*";
    expect(await refusal({ ...rule, limit_keys: { key, token_per_day: "0x1" } })).toBe(
      `'token_per_day' must be a positive integer for key '${key}', got 0`,
    );
    expect(await refusal({ ...rule, limit_keys: { key } })).toBe(
      `one of 'token_per_second', 'token_per_minute', 'token_per_hour', or 'token_per_day' must be set for key: ${key}`,
    );
  });

  test.each(["header", "param", "cookie", "consumer", "model"])(
    "limit_by_per_%s takes no literal",
    async (kind) => {
      const limit_keys = [{ key: 'a"\n', token_per_day: 1 }];
      expect(await refusal({ [`limit_by_per_${kind}`]: "x", limit_keys })).toBe(
        `the "limit_by_per_${kind}" restriction must start with 'regexp:' or be exactly '*' (got "a\\"\\n"); to match an exact name, use the non-per variant "limit_by_${kind}" instead (limit_keys stay the same)`,
      );
    },
  );
});

describe("what a start logs", () => {
  const K = byHeader("k1", 5);
  const cases: [string, object, string[]][] = [
    [
      "two rules with one name",
      { ...PEER, rule_items: [K, K] },
      [
        "warn duplicate rule found: limit_by_header='x-api-key' in rule_items: charged twice without dedupe_keys",
      ],
    ],
    [
      "two rules with one name whose counter is charged once",
      { ...PEER, rule_items: [K, K], dedupe_keys: true },
      ["warn duplicate rule found: limit_by_header='x-api-key' in rule_items"],
    ],
    [
      "two rules with one name that reserve once",
      { ...PEER, rule_items: [K, K], reservation: { enabled: true } },
      ["warn duplicate rule found: limit_by_header='x-api-key' in rule_items"],
    ],
    [
      "two rules with one name of which the first counts",
      { ...PEER, rule_items: [K, K], match_mode: "first" },
      ["warn duplicate rule found: limit_by_header='x-api-key' in rule_items"],
    ],
    [
      "a pattern where only literals are compared",
      { ...PEER, rule_items: [byHeader("*", 5)] },
      ['warn rule_items[0].limit_keys[0]: "*" stands for itself; for patterns use limit_by_per_*'],
    ],
  ];

  test.each(cases)("%s", async (_what, config, expected) => {
    const lines = firstStart(await load(config));
    expect(lines.filter((line) => !line.includes("redis init"))).toEqual([
      ...expected,
      "info plugin start successfully",
    ]);
  });

  test("limits of this gateway alone, where nobody may have asked for them", async () => {
    const config = { rule_name: "r", rule_items: [K] };
    expect(firstStart(await loadAlone("token-rate-limit", config))).toEqual([
      "info tokens are counted in the memory of this gateway, for it alone",
      "info plugin start successfully",
    ]);
    expect(firstStart(await load({ ...SHARED, rule_items: [K] }))).toEqual([
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
