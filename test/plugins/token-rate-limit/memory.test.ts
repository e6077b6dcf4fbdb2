import { upstream, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { answer, CHAT, chat, gateway, JSON_TYPE, SHARED } from "./support.js";

// Shared data knows no removal: what lies there stays. So the counters of however many consumers and
// addresses lie in a fixed number of slots.

const SLOTS = 16;
const ENTRIES = 64;
const ENTRY_BYTES = 48;
const STRANGERS = 8000;

/** Keys of shared data, and the bytes below them. */
function weigh(host: Host): { keys: number; bytes: number } {
  const keys = host.sharedData.keys("one");
  const sizes = keys.map((key) => host.sharedData.get(key, "one")?.value.length ?? 0);
  return { keys: keys.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

test.each([
  ["consumers", { limit_by_per_consumer: "" }, "*", "x-mse-consumer", (i: number) => `c${i}`],
  [
    "addresses",
    { limit_by_per_ip: "from-header-x-client" },
    "0.0.0.0/0",
    "x-client",
    (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
  ],
])(
  `${STRANGERS} %s fit into ${SLOTS} slots`,
  { timeout: 120_000 },
  async (_what, by, key, header, nameOf) => {
    const host = await gateway(
      {
        ...SHARED,
        store: { type: "shared", slots: SLOTS },
        rule_items: [{ ...by, limit_keys: [{ key, token_per_day: 20 }] }],
      },
      { clusters: { backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }) } },
    );
    const send = async (i: number): Promise<number> => {
      const headers = { ...JSON_TYPE, [header]: nameOf(i) };
      return (await host.fetch(CHAT, { method: "POST", headers, body: "{}" })).status;
    };
    for (let i = 0; i < STRANGERS / 2; i++) expect(await send(i)).toBe(200);
    const half = weigh(host);
    for (let i = STRANGERS / 2; i < STRANGERS; i++) expect(await send(i)).toBe(200);
    const end = weigh(host);
    expect(end.keys).toBe(SLOTS + 1); // and the seed
    expect(end.keys).toBe(half.keys);
    expect(end.bytes).toBeLessThanOrEqual(SLOTS * ENTRIES * ENTRY_BYTES + 16);
    expect(end.bytes).toBeGreaterThan(0.9 * half.bytes);
    const evicted = STRANGERS - SLOTS * ENTRIES;
    expect(host.metrics.all["token_rate_limit_store_evictions"]).toBe(evicted);

    // Whoever comes back at once is still known.
    expect(await send(STRANGERS - 1)).toBe(200);
    expect(await send(STRANGERS - 1)).toBe(429);
  },
);

test.each([
  ["fixed", {}],
  ["aligned", { algorithm: "aligned" }],
  ["sliding", { algorithm: "sliding" }],
  ["with a reservation", { reservation: { enabled: true, default_completion_tokens: 5 } }],
])("strangers evict no counter that the configuration names: %s", async (_what, more) => {
  const strangers = 100;
  const host = await gateway(
    {
      ...SHARED,
      ...more,
      store: { type: "shared", slots: 1 },
      global_threshold: { token_per_day: 15 * (strangers + 2) - 1 },
      rule_items: [
        { limit_by_header: "x-team", limit_keys: [{ key: "gold", token_per_minute: 10 }] },
        { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: 10 }] },
      ],
    },
    {
      clusters: { backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }) },
      startTime: Date.UTC(2026, 4, 1, 12, 0, 30),
    },
  );
  const send = async (own: Record<string, string>): Promise<number> => {
    const headers = { ...JSON_TYPE, ...own };
    return (await host.fetch(CHAT, { method: "POST", headers, body: "{}" })).status;
  };
  const gold = { "x-team": "gold" };
  expect(await send(gold)).toBe(200);
  // More than the one slot has room for, and each ends later than gold's.
  for (let i = 0; i < strangers; i++) expect(await send({ "x-mse-consumer": `c${i}` })).toBe(200);
  expect(host.metrics.all["token_rate_limit_store_evictions"]).toBe(strangers - ENTRIES);

  expect(await send(gold)).toBe(429);
  expect(await send({})).toBe(200);
  expect(await send({})).toBe(429); // all of them together
  expect(host.sharedData.keys("one")).toHaveLength(4); // the slot, the seed, and two counters
});

const MIB = 1 << 20;
const members = (one: string): string => {
  const many = one.repeat(Math.floor((10 * MIB - 100) / one.length));
  return `{"stream":true,${many}"model":"m"}`;
};
const BODIES = {
  "names of nothing": members('"":0,'),
  "names with escapes": members('"\\naaaaaaaaaaaaaaaaaaaa":0,'),
  "limits of answers": members('"max_tokens":1,'),
  "limits with escapes": members('"m\\u0061x_tokens":1,'),
  "limits of Gemini": `{"generationConfig":{${'"maxOutputTokens":1,'.repeat(500_000)}"a":1}}`,
};
const READING = {
  "limit_by_model": { rule_items: [{ limit_by_model: "", limit_keys: [{ key: "m", token_per_day: 9 }] }] }, // prettier-ignore
  "read_body": { global_threshold: { token_per_day: 9 }, reservation: { enabled: true, read_body: true } }, // prettier-ignore
};

describe.each(Object.entries(READING))("%s", (_what, config) => {
  test.each(Object.entries(BODIES))(
    "a million members of a body take no memory but its own: %s",
    { timeout: 60_000 },
    async (_members, body) => {
      const options = { trace: false, bufferLimitBytes: 32 * MIB };
      const host = await gateway({ ...SHARED, ...config }, options);
      const before = host.memorySize;
      expect((await chat(host, {}, { path: "/v1/generate", body })).status).toBe(200);
      expect((host.memorySize - before) / MIB).toBeLessThan(16);
      await host.close();
    },
  );
});
