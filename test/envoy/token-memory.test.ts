import { expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { flood, type Statuses } from "../support/flood.js";
import { startGateway } from "./gateway.js";

// Whoever sends whatever, the memory of a gateway has an end. The short run meets thousands of
// consumers and addresses; TOKEN_MEMORY_KEYS=1000000 a million, in each test.

const KEYS = Number(process.env["TOKEN_MEMORY_KEYS"] ?? 10_000);
const LIMIT_MS = 120_000 + 4 * KEYS;
const SLOTS = 64;
/** Counters that fit into the slots. */
const ROOM = SLOTS * 64;
/** What else a process takes while it runs; a key that stays costs more than a hundred bytes. */
const MOST_GROWTH = Math.max(1_000_000, KEYS * 10);

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const ANSWER = JSON.stringify({ model: "m", usage: USAGE });
/** Envoy itself answers: nothing but the gateway takes time, or memory. */
const MANAGER = {
  route_config: {
    virtual_hosts: [
      {
        name: "all",
        domains: ["*"],
        routes: [
          {
            match: { prefix: "/" },
            direct_response: { status: 200, body: { inline_string: ANSWER } },
          },
        ],
      },
    ],
  },
};

const addressOf = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
const CONSUMER = (i: number): string => `x-mse-consumer: consumer-${i}`;
const SHARED = { type: "shared", slots: SLOTS };
const LIMIT = { rule_name: "memory", store: SHARED };
const QUOTA = { admin_consumer: "admin", store: SHARED };

interface Case {
  plugin: "token-rate-limit" | "token-quota";
  config: object;
  headerOf: (i: number) => string;
  statuses: Statuses;
  /** Metrics at the end. */
  metrics: Record<string, number>;
  /** Headers of requests before the others, and of requests after them: what is answered. */
  before?: [header: string, status: number][];
  after?: [header: string, status: number][];
}

const CASES: Record<string, Case> = {
  "token-rate-limit, a counter per consumer": {
    plugin: "token-rate-limit",
    config: {
      ...LIMIT,
      rule_items: [{ limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: 1e6 }] }],
    },
    headerOf: CONSUMER,
    statuses: { 200: KEYS },
    metrics: {
      token_rate_limit_charged_tokens: 15 * KEYS,
      token_rate_limit_store_evictions: KEYS - ROOM,
    },
  },
  "token-rate-limit, a counter per address, with reservation": {
    plugin: "token-rate-limit",
    config: {
      ...LIMIT,
      rule_items: [
        {
          limit_by_per_ip: "from-header-x-client",
          limit_keys: [{ key: "10.0.0.0/8", token_per_day: 1e6 }],
        },
      ],
      reservation: { enabled: true },
    },
    headerOf: (i) => `x-client: ${addressOf(i)}`,
    statuses: { 200: KEYS },
    metrics: {
      token_rate_limit_charged_tokens: 15 * KEYS,
      token_rate_limit_store_evictions: KEYS - ROOM,
    },
  },
  "token-rate-limit, counters that the configuration names beside one per consumer": {
    plugin: "token-rate-limit",
    config: {
      ...LIMIT,
      global_threshold: { token_per_day: 15 * (KEYS + 2) - 1 },
      rule_items: [
        { limit_by_header: "x-team", limit_keys: [{ key: "gold", token_per_hour: 10 }] },
        { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: 1e6 }] },
      ],
    },
    headerOf: CONSUMER,
    before: [["x-team: gold", 200]],
    statuses: { 200: KEYS },
    after: [
      ["x-team: gold", 429],
      ["x-team: silver", 200],
      ["x-team: silver", 429], // all of them together
    ],
    metrics: {
      token_rate_limit_charged_tokens: 15 * (KEYS + 2),
      token_rate_limit_store_evictions: KEYS - ROOM,
    },
  },
  "token-quota, strangers without a balance": {
    plugin: "token-quota",
    config: QUOTA,
    headerOf: CONSUMER,
    statuses: { 403: KEYS },
    metrics: { token_quota_denied: KEYS },
  },
  "token-quota, strangers with a grant, and a group that has nothing": {
    plugin: "token-quota",
    config: { ...QUOTA, default_quota: 1000, groups: true, reservation: { enabled: true } },
    headerOf: (i) => `${CONSUMER(i)}\r\nx-mse-consumer-group: poor`,
    statuses: { 403: KEYS },
    metrics: { token_quota_denied: KEYS },
  },
  "token-quota, unlimited consumers in the usage report": {
    plugin: "token-quota",
    config: { ...QUOTA, unlimited_consumers: ["*"], usage_report: true, usage_report_consumers: 9 },
    headerOf: CONSUMER,
    statuses: { 200: KEYS },
    metrics: {},
  },
};

test.each(Object.keys(CASES))(
  `%s: ${KEYS} of them`,
  async (name) => {
    const { plugin, config, headerOf, statuses, metrics, ...around } = CASES[name]!;
    await buildPlugins([plugin], ["envoy"]);
    const { envoy, port } = await startGateway({
      plugins: [
        { name: plugin, config: JSON.stringify(config), file: `build/envoy/${plugin}.wasm` },
      ],
      upstreamPort: 1,
      manager: MANAGER,
      workers: 2,
    });
    try {
      const requestWith = (header: string): string =>
        `GET /v1/chat/completions HTTP/1.1\r\nhost: a\r\n${header}\r\n\r\n`;
      const requestOf = (i: number): string => requestWith(headerOf(i));
      const one = async ([header, status]: [string, number]): Promise<void> => {
        const answered = await flood(port, { from: 0, to: 1 }, () => requestWith(header));
        expect([header, answered]).toEqual([header, { [status]: 1 }]);
      };
      for (const request of around.before ?? []) await one(request);
      const half = Math.floor(KEYS / 2);
      const first = await flood(port, { from: 0, to: half }, requestOf);
      const before = await allocated(envoy);
      const second = await flood(port, { from: half, to: KEYS }, requestOf);
      const after = await allocated(envoy);
      const all = Object.keys({ ...first, ...second }).map((status) => [
        status,
        (first[status] ?? 0) + (second[status] ?? 0),
      ]);
      expect(Object.fromEntries(all)).toEqual(statuses);
      expect(before).toBeGreaterThan(0);
      expect(after - before).toBeLessThan(MOST_GROWTH);
      for (const request of around.after ?? []) await one(request);
      const stats = await envoy.stats("^wasmcustom\\.token_");
      for (const [metric, value] of Object.entries(metrics)) {
        expect([metric, stats.get(`wasmcustom.${metric}`)]).toEqual([metric, value]);
      }
      const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      if (KEYS >= 1_000_000)
        console.log(`${name}: ${mebibytes(before)} MiB at half, ${mebibytes(after)} at the end`);
    } finally {
      await envoy.stop();
    }
  },
  LIMIT_MS,
);

/** Bytes that Envoy has asked for and not given back; V8's own heap is not among them. */
async function allocated(envoy: { get: (path: string) => Promise<string> }): Promise<number> {
  return Number((JSON.parse(await envoy.get("/memory")) as { allocated: string }).allocated);
}
