import { upstream, type Host, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  answer,
  CHAT,
  chat,
  countSeen,
  gateway,
  JSON_TYPE,
  SHARED,
  sse,
  SSE_TYPE,
} from "./support.js";

// What nobody sends who means well. No trap (the setup of these tests looks), and the answer that
// the documentation promises.

const RULES = { ...SHARED, response_headers: "openai" };
const LIMITED = { ...RULES, global_threshold: { token_per_hour: 1_000_000 } };

/** What the global limit has left. Asks for nothing that costs. */
async function left(host: Host): Promise<number> {
  const reply = await chat(host, { "x-free": "1" });
  return Number(reply.headers.get("x-ratelimit-remaining-tokens"));
}

/** Answers `body` in these pieces; to `x-free` something without usage. */
function answering(chunks: (string | Uint8Array)[], headers: Record<string, string>): Upstream {
  return upstream().handle((request) =>
    request.headers.some(([name]) => name === "x-free")
      ? { status: 200, headers: JSON_TYPE, body: "{}" }
      : { status: 200, headers, chunks },
  );
}

async function chargedFor(chunks: (string | Uint8Array)[], headers = JSON_TYPE): Promise<number> {
  const host = await gateway(LIMITED, {
    clusters: { backend: answering(chunks, headers) },
    trace: false,
  });
  const reply = await chat(host);
  const length = chunks.reduce((sum, chunk) => sum + Buffer.from(chunk as string).length, 0);
  expect([reply.status, reply.body.length]).toEqual([200, length]);
  const charged = 1_000_000 - (await left(host));
  await host.close();
  return charged;
}

describe("responses", () => {
  test("an event stream cut into two at every byte", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const text = sse({ choices: [{ delta: { content: "é" } }] }, { choices: [], usage }, "[DONE]");
    const bytes = Buffer.from(text.replaceAll("\n\ndata", "\r\n\r\ndata"));
    let at = 0;
    const host = await gateway(LIMITED, {
      trace: false,
      clusters: {
        backend: upstream().handle((request) =>
          request.headers.some(([name]) => name === "x-free")
            ? { status: 200, headers: JSON_TYPE, body: "{}" }
            : {
                status: 200,
                headers: SSE_TYPE,
                chunks: [bytes.subarray(0, at), bytes.subarray(at)],
              },
        ),
      },
    });
    for (at = 1; at < bytes.length; at++) {
      expect((await chat(host)).text()).toBe(bytes.toString());
      expect(`${at} ${await left(host)}`).toBe(`${at} ${1_000_000 - 15 * at}`);
    }
    await host.close();
  });

  test.each<[string, (string | Uint8Array)[], number]>([
    ["bytes that are no UTF-8", [Buffer.from([0xff, 0xfe, 0xc3, 0x28]), answer(10, 5)], 15],
    ["nothing but NUL", ["\0".repeat(10_000)], 0],
    ["a million open brackets", ["[".repeat(1_000_000)], 0],
    ["a million open objects", ['{"a":'.repeat(200_000)], 0],
    [
      "negative counts",
      ['{"usage":{"prompt_tokens":-5,"completion_tokens":-7,"total_tokens":9}}'],
      0,
    ],
    ["a usage that is a list", ['{"usage":[1,2,3]}'], 0],
    ["a usage that is null", ['{"usage":null}'], 0],
  ])("%s", async (_what, chunks, charged) => {
    expect(await chargedFor(chunks)).toBe(charged);
  });

  test("an event without an end", async () => {
    const chunks = Array.from({ length: 100 }, () => "x".repeat(65_536));
    expect(await chargedFor(["data: ", ...chunks], SSE_TYPE)).toBe(0);
  });
});

test("usage in an event that is too long to keep is charged", async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const text = sse({ content: "x".repeat(300_000), usage });
  const chunks = [0, 1, 2, 3].map((i) => text.slice(i * 100_000, (i + 1) * 100_000));
  const backend = answering(chunks, SSE_TYPE);
  const host = await gateway(LIMITED, { clusters: { backend }, trace: false });
  expect((await chat(host)).body.length).toBe(text.length);
  expect(await left(host)).toBe(999_985);
  expect(host.metrics.all["token_rate_limit_uncounted_too_long"] ?? 0).toBe(0);
  // What `left` asked for had no usage.
  expect(host.metrics.all["token_rate_limit_uncounted_no_usage"]).toBe(1);
  await host.close();
});

describe("requests", () => {
  test("a POST that pretends to be a WebSocket does not hide its model", async () => {
    const rule = { limit_by_model: "", limit_keys: [{ key: "m", token_per_hour: 1 }] };
    const host = await gateway({ ...SHARED, rule_items: [rule] });
    const upgrade = { connection: "Upgrade", upgrade: "websocket" };
    const statuses = [(await chat(host, upgrade)).status, (await chat(host, upgrade)).status];
    expect(statuses).toEqual([200, 429]);
    await host.close();
  });

  test.each<[string, object, number]>([
    ["an estimate", { estimate_missing_usage: true }, 3],
    ["a reservation", { reservation: { enabled: true } }, 3],
    ["weights", { estimate_missing_usage: true, counting: { input: 0.06, output: 0.24 } }, 1],
  ])("an announced length that never comes is not charged: %s", async (_what, more, charged) => {
    const host = await gateway({ ...RULES, global_threshold: { token_per_hour: 1000 }, ...more });
    const headers = { ...JSON_TYPE, "content-length": "614891469123652" };
    const stream = host.stream(`POST ${CHAT}`, { headers });
    await stream.headers();
    await stream.data("0123456789");
    await stream.abort();
    expect(host.metrics.all["token_rate_limit_charged_tokens"]).toBe(charged);
    expect((await chat(host)).status).toBe(200);
    await host.close();
  });

  test("a handshake is not held for a body", async () => {
    const rule = { limit_by_model: "", limit_keys: [{ key: "m", token_per_hour: 1 }] };
    const host = await gateway({ ...SHARED, rule_items: [rule] });
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const stream = host.stream("GET /v1/realtime", { headers });
    await stream.headers();
    expect([stream.state.paused, countSeen(host)]).toEqual([false, 1]);
    await stream.abort();
    await host.close();
  });

  const BY_HEADER = {
    ...RULES,
    rule_items: [
      { limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", token_per_hour: 20 }] },
      { limit_by_per_cookie: "session", limit_keys: [{ key: "regexp:^a+b$", token_per_hour: 20 }] },
      { limit_by_per_param: "key", limit_keys: [{ key: "*", token_per_hour: 20 }] },
    ],
  };

  test.each<[string, string]>([
    ["a long key", "k".repeat(50_000)],
    ["no UTF-8", "\u00ff\u00fe\u00c3("],
    ["braces", "}{r}:limit"],
    ["an injection", "'; drop /../ %00 + ?"],
  ])("%s is a key like any other", async (_what, key) => {
    const host = await gateway(BY_HEADER, { trace: false });
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await chat(host, { "x-api-key": key })).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await chat(host, { "x-api-key": `${key}x` })).status).toBe(200);
    await host.close();
  });

  test("10 000 headers, with the one that counts behind them", async () => {
    const host = await gateway(BY_HEADER, { trace: false });
    const many: Record<string, string> = {};
    for (let i = 0; i < 10_000; i++) many[`x-${i}`] = "v";
    many["x-api-key"] = "last";
    const statuses: number[] = [];
    for (let i = 0; i < 3; i++) statuses.push((await chat(host, many)).status);
    expect(statuses).toEqual([200, 200, 429]);
    await host.close();
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a cookie that makes regular expressions slow",
      { cookie: `session=${"a".repeat(20_000)}` },
      "",
    ],
    ["ten thousand cookies", { cookie: "a=b; ".repeat(10_000) }, ""],
    ["a query of ampersands", {}, "&".repeat(50_000)],
    ["a query of broken escapes", {}, "%z=%".repeat(15_000)],
  ])("%s belongs to no rule", async (_what, headers, query) => {
    const host = await gateway(BY_HEADER, { trace: false });
    for (let i = 0; i < 4; i++) {
      const path = `/v1/chat/completions?${query}`;
      expect((await chat(host, headers, { path })).status).toBe(200);
    }
    expect(countSeen(host)).toBe(4);
    await host.close();
  });

  const READING = {
    ...LIMITED,
    max_body_bytes: 100_000,
    reservation: { enabled: true, read_body: true, default_completion_tokens: 1 },
  };
  test.each<[string, string | Uint8Array, number]>([
    ["a deep list", "[".repeat(90_000), 200],
    ["a deep object", '{"a":'.repeat(18_000), 200],
    ["no UTF-8", Buffer.alloc(5000, 0xff), 400],
    ["NUL", Buffer.alloc(5000), 400],
    ["a length beyond 64 bits", '{"max_tokens":1e400}', 200],
    ["a negative length", '{"max_tokens":-9223372036854775809}', 200],
    ["the longest that is read", " ".repeat(100_000), 200],
    ["a byte more", " ".repeat(100_001), 413],
  ])("a body: %s", async (_what, body, status) => {
    const host = await gateway(READING, { trace: false, bufferLimitBytes: 1 << 20 });
    const reply = await chat(host, {}, { body });
    expect(reply.status).toBe(status);
    expect(countSeen(host)).toBe(status === 200 ? 1 : 0);
    await host.close();
  });
});

describe("stores", () => {
  test.each([2, 7, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 2])(
    "an answer that denies by limit %i of one",
    async (index) => {
      const result = [index, [[1_000_000, 5, 1000]]];
      const rest = upstream().reply(200, { body: JSON.stringify({ result }), headers: JSON_TYPE });
      const store = { type: "redis-http", cluster_name: "rest" };
      const config = { ...LIMITED, store, reservation: { enabled: true }, fail_mode: "closed" };
      const host = await gateway(config, { clusters: { rest }, trace: false });
      const reply = await chat(host);
      expect([reply.status, reply.details]).toEqual([503, "ai-token-ratelimit.store_unavailable"]);
      await host.close();
    },
  );
});
