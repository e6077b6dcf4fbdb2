import { upstream, type HostOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { SemanticGateway } from "./semantic-gateway.js";
import {
  ask,
  completion,
  higress,
  isHit,
  JSON_TYPE,
  PEER,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// `compat: peer` takes each default back that is safer than Higress's, and no option that is given.

interface Row {
  /** The same value as the safer default. */
  given: object;
  answer?: { status?: number; headers?: Record<string, string>; body?: string };
  asked?: string;
  /** Of the second request. */
  asker?: Record<string, string>;
}

const cut = completion("a").replace('"stop"', '"length"');
const endless = `data: {"object":"chat.completion.chunk","choices":[{"delta":{"content":"a"}}]}\n\n`;
const LONG_KEY = "q".repeat(65_537);

const ROWS: Record<string, Row> = {
  cacheNonUserTurns: {
    given: { cacheNonUserTurns: false },
    asked: JSON.stringify({ messages: [{ role: "tool", content: "ok" }] }),
  },
  requireTerminator: {
    given: { requireTerminator: "auto" },
    answer: { headers: SSE_TYPE, body: endless },
    asked: question("q", { stream: true }),
  },
  cacheStatus: { given: { cacheStatus: [200] }, answer: { status: 500 } },
  cacheFinishReasons: { given: { cacheFinishReasons: ["stop"] }, answer: { body: cut } },
  cacheKeyPartition: {
    given: { cacheKeyPartition: ["consumer"] },
    asker: { "x-mse-consumer": "bob" },
  },
  maxBodyBytes: {
    given: { maxBodyBytes: 10_485_760 },
    asked: question("q", { metadata: "m".repeat(10_485_760) }),
  },
  maxKeyBytes: { given: { maxKeyBytes: 65536 }, asked: question(LONG_KEY) },
  maxValueBytes: {
    given: { maxValueBytes: 1_048_576 },
    answer: { body: completion("a".repeat(1_048_577)) },
  },
};

/** Whether the same again is answered from the cache. */
async function isStored(config: object, { answer = {}, asked, asker }: Row): Promise<boolean> {
  const { status = 200, headers = JSON_TYPE, body = completion("a") } = answer;
  const backend = upstream().reply(status, { headers, body });
  const { host } = await higress({ ...PEER, ...config }, { clusters: { backend } });
  const text = asked ?? question("q");
  await ask(host, text);
  const reply = await ask(host, text, asker);
  await host.close();
  return isHit(reply);
}

describe.each(Object.entries(ROWS))("%s", (_name, row) => {
  test.each<[string, object, boolean]>([
    ["secure", {}, false],
    ["peer", { compat: "peer" }, true],
    ["peer, and the option", { compat: "peer", ...row.given }, false],
  ])("%s", async (_what, config, expected) => {
    expect(await isStored(config, row)).toBe(expected);
  });
});

/** How long a lookup waits for a Redis that is silent, in milliseconds. */
async function waited(config: object): Promise<number> {
  const { host, redis } = await higress({ ...PEER, ...config });
  redis.after(50_000);
  const from = host.clock.now;
  expect(textOf(await ask(host, question("q")))).toBe("Hello");
  const lasted = host.clock.now - from;
  await host.close();
  return lasted;
}

test.each<[string, object, number]>([
  ["secure", {}, 3000],
  ["peer", { compat: "peer" }, 10_000],
  ["peer, and the option", { compat: "peer", lookupDeadlineMs: 2000 }, 2000],
])("lookupDeadlineMs: %s", async (_what, config, expected) => {
  const lasted = await waited(config);
  expect(lasted).toBeGreaterThanOrEqual(expected);
  expect(lasted).toBeLessThan(expected + 500);
});

test.each<[string, Record<string, string | boolean>, string]>([
  ["secure", {}, "answer 2"],
  ["peer", { compat: "peer" }, "answer 1"],
  ["peer, and the option", { compat: "peer", requireThreshold: true }, "answer 2"],
])("requireThreshold: %s", async (_what, more, expected) => {
  const vector = { threshold: null, thresholdRelation: null };
  const gateway = await SemanticGateway.open("higress", { vector, more });
  expect(await gateway.ask("How tall is Mount Everest?")).toBe("answer 1");
  expect(await gateway.ask("How tall is Mount Everest?")).toBe(expected);
});

describe("what the gateway is told about Redis", () => {
  /** All of `proxy_redis_init`, as the trace has it. */
  async function told(config: object, clusters: HostOptions["clusters"] = {}): Promise<string[]> {
    const { host } = await higress(config, { clusters });
    const calls = [...String(host.trace).matchAll(/proxy_redis_init\((.*?)\)/g)];
    await host.close();
    return calls.map(([, words]) => words ?? "");
  }

  test.each<[fields: object, timeout: number]>([
    [{}, 10_000],
    [{ timeout: 0 }, 0],
    [{ timeout: null }, 0],
    [{ timeout: 250 }, 250],
    [{ timeout: "750" }, 750],
  ])("a timeout: %j", async (fields, timeout) => {
    const [call] = await told({ cache: { ...PEER.cache, ...fields } });
    expect(call).toMatch(new RegExp(`, ${timeout}$`));
    const [legacy] = await told({ redis: { serviceName: "redis.dns", ...fields } });
    expect(legacy).toBe(call);
  });

  test.each<[config: object, cluster: string]>([
    [{ cache: PEER.cache }, "outbound|6379||redis.dns"],
    [{ cache: { ...PEER.cache, servicePort: 0 } }, "outbound|0||redis.dns"],
    [{ cache: { ...PEER.cache, serviceName: "r.static" } }, "outbound|80||r.static"],
    [{ cache: { ...PEER.cache, serviceName: "r.static", servicePort: 0 } }, "outbound|0||r.static"],
    [{ redis: { serviceName: "redis.dns", servicePort: 0 } }, "outbound|6379||redis.dns"],
    [{ redis: { serviceName: "r.static", servicePort: 0 } }, "outbound|80||r.static"],
    [{ redis: { serviceName: "redis.dns", servicePort: 1 } }, "outbound|1||redis.dns"],
    [{ cache: { ...PEER.cache, database: 2 } }, "outbound|6379||redis.dns?db=2"],
  ])("a place: %j", async (config, cluster) => {
    const [call] = await told(config);
    expect(call?.split(", ")[0]).toBe(JSON.stringify(cluster));
  });
});
