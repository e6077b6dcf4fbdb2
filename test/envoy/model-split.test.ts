import { connect, type ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startGateway, type Gateway } from "./gateway.js";

const LIMIT_MS = 600_000;
const REQUESTS = 100_000;
const AT_ONCE = 200;

beforeAll(() => buildPlugins(["model-router"], ["envoy"]), LIMIT_MS);

/** An Envoy that splits `chat` and answers with the variant's name. */
function gateway(rule: object, weights: Record<string, number>, workers = 2): Promise<Gateway> {
  const variants = Object.entries(weights).map(([name, weight]) => ({ name, weight, model: name }));
  const config = {
    split: { responseHeader: "x-variant", rules: [{ name: "r", ...rule, variants }] },
  };
  const routes = [{ match: { prefix: "/" }, direct_response: { status: 204 } }];
  return startGateway({
    plugins: [
      {
        name: "model-router",
        config: JSON.stringify(config),
        file: "build/envoy/model-router.wasm",
      },
    ],
    upstreamPort: 1,
    workers,
    manager: { route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes }] } },
  });
}

function ask(session: ClientHttp2Session, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/v1/chat/completions",
      "content-type": "application/json",
      ...headers,
    });
    let variant = "";
    stream.on("response", (answer) => (variant = String(answer["x-variant"])));
    stream.on("error", reject);
    stream.on("close", () => resolve(variant));
    stream.resume();
    stream.end('{"model":"chat"}');
  });
}

/** The variant of each of `count` requests. */
async function askMany(
  gate: Gateway,
  count: number,
  headers: (i: number) => Record<string, string>,
): Promise<string[]> {
  const sessions = [0, 1, 2, 3].map(() => connect(gate.url));
  const variants: string[] = [];
  let next = 0;
  const client = async (session: ClientHttp2Session): Promise<void> => {
    for (let i = next++; i < count; i = next++) variants[i] = await ask(session, headers(i));
  };
  try {
    const clients = Array.from({ length: AT_ONCE }, (_, i) => client(sessions[i % 4]!));
    await Promise.all(clients);
  } finally {
    for (const session of sessions) session.destroy();
  }
  return variants;
}

const user = (i: number) => ({ "x-session-id": `u${i}` });
const STICKY = { sticky: { by: ["header:x-session-id"], salt: "r1-canary" } };

function share(variants: readonly string[], name: string): number {
  return variants.filter((variant) => variant === name).length;
}

describe("a split of 90 to 10", () => {
  test(
    "at random is within four standard deviations over 100 000 requests",
    async () => {
      const gate = await gateway({}, { openai: 90, deepseek: 10 });
      try {
        const variants = await askMany(gate, REQUESTS, () => ({}));
        const canary = share(variants, "deepseek");
        expect(share(variants, "openai")).toBe(REQUESTS - canary);
        const deviation = Math.sqrt(REQUESTS * 0.1 * 0.9);
        expect(Math.abs(canary - REQUESTS / 10)).toBeLessThan(4 * deviation);
        const stats = await gate.envoy.stats("^wasmcustom.model_router.split");
        expect(stats.get("wasmcustom.model_router.split.r.deepseek")).toBe(canary);
        expect(stats.get("wasmcustom.model_router.split.r.openai")).toBe(REQUESTS - canary);
      } finally {
        await gate.envoy.stop();
      }
    },
    LIMIT_MS,
  );

  let first: string[] = [];
  let gate: Gateway;
  beforeAll(async () => {
    gate = await gateway(STICKY, { openai: 90, deepseek: 10 });
    first = await askMany(gate, REQUESTS, user);
  }, LIMIT_MS);
  afterAll(() => gate.envoy.stop());

  test("by key gives the users that anybody can compute", () => {
    expect(share(first, "deepseek")).toBe(9911);
    expect(share(first, "openai")).toBe(REQUESTS - 9911);
  });

  test(
    "by key gives every user the same again, in another gateway with other workers",
    async () => {
      const other = await gateway(STICKY, { openai: 90, deepseek: 10 }, 1);
      try {
        expect(await askMany(other, 20_000, user)).toEqual(first.slice(0, 20_000));
      } finally {
        await other.envoy.stop();
      }
    },
    LIMIT_MS,
  );

  test(
    "by key moves no more than a ninth of the others when it becomes 80 to 20",
    async () => {
      const other = await gateway(STICKY, { openai: 80, deepseek: 20 });
      try {
        const users = REQUESTS / 4;
        const before = first.slice(0, users);
        const after = await askMany(other, users, user);
        const moved = after.filter((variant, i) => variant !== before[i]);
        expect(moved.length).toBe(share(after, "deepseek") - share(before, "deepseek"));
        expect(moved.every((variant) => variant === "deepseek")).toBe(true);
        const expected = users / 10;
        expect(Math.abs(moved.length - expected)).toBeLessThan(4 * Math.sqrt(expected * 0.9));
      } finally {
        await other.envoy.stop();
      }
    },
    LIMIT_MS,
  );
});

describe("by key, rendezvous, 50 to 30 to 20", () => {
  const HASHED = { sticky: { ...STICKY.sticky, hashing: "rendezvous" } };
  const WEIGHTS = { openai: 50, deepseek: 30, qwen: 20 };

  async function split(weights: Record<string, number>): Promise<string[]> {
    const gate = await gateway(HASHED, weights);
    try {
      return await askMany(gate, REQUESTS, user);
    } finally {
      await gate.envoy.stop();
    }
  }

  test(
    "is within three standard deviations; a fourth gets the least that can move, from all of them",
    async () => {
      const before = await split(WEIGHTS);
      for (const [name, weight] of Object.entries(WEIGHTS)) {
        const part = weight / 100;
        const deviation = Math.sqrt(REQUESTS * part * (1 - part));
        expect(Math.abs(share(before, name) - REQUESTS * part)).toBeLessThan(3 * deviation);
      }
      const after = await split({ other: 10, qwen: 18, deepseek: 27, openai: 45 });
      const moved = after.filter((variant, i) => variant !== before[i]);
      expect(moved.every((variant) => variant === "other")).toBe(true);
      const deviation = Math.sqrt(REQUESTS * 0.1 * 0.9);
      expect(Math.abs(moved.length - REQUESTS * 0.1)).toBeLessThan(3 * deviation);
    },
    LIMIT_MS,
  );
});
