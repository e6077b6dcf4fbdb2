import { upstream, type Host } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { answer, CHAT, gateway, JSON_TYPE, SHARED } from "./support.js";

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
