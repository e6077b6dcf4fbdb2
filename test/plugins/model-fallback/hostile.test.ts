import { Random, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { CONFIG, gateway, JSON_TYPE, SSE_TYPE, TARGET } from "./support.js";

// What nobody sends who means well. No trap (the setup of these tests looks), and the answer that
// the documentation promises.

describe("requests made to break a reader", () => {
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const many = Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i}`).join(",");

  test.each<[string, string, string | null]>([
    ["a million open brackets", "[".repeat(1_000_000), null],
    ["a deep list before the model", `{"a":${deep(200_000)},"model":"x"}`, "model-a"],
    ["half a million open objects", `{"model":"x","a":${'{"a":'.repeat(300_000)}`, null],
    ["fifty thousand members", `{${many},"model":"x"}`, "model-a"],
    ["a name of half a megabyte", `{"model":"${"a".repeat(500_000)}"}`, "model-a"],
    ["a broken escape in the model", '{"model":"x\\u00"}', "model-a"],
    ["half a surrogate pair", '{"model":"\\ud800"}', "model-a"],
    ["an empty model", '{"model":""}', null],
    ["a model that is an object", '{"model":{"a":1}}', null],
    ["NUL bytes", "\0".repeat(100), null],
    ["nothing but blanks", " \n\t\r", null],
    [
      "a number with a million digits",
      `{"model":"x","max_tokens":${"9".repeat(400_000)}}`,
      "model-a",
    ],
    ["messages that are no list", '{"model":"x","messages":{"a":[1]}}', "model-a"],
    ["a bad exponent", '{"model":"x","max_tokens":1e999}', "model-a"],
  ])("%s", async (_what, body, model) => {
    const host = await gateway(CONFIG, { bufferLimitBytes: 16 << 20, trace: false });
    const reply = await host.fetch(TARGET, { headers: JSON_TYPE, body });
    expect(reply.status).toBe(200);
    const sent = host.clusters["backend"]!.requests[0]!.body.toString();
    if (model === null) expect(sent).toBe(body);
    else expect(sent).toContain(`"model":"${model}"`);
    await host.close();
  });

  test("two thousand mutations of a good body pass, as they are or as the target wants them", async () => {
    const good = '{"a":[1,{"model":"x"}],"model":"good","max_tokens":50,"b":"\\u0041"}';
    const random = new Random(11);
    const host = await gateway(CONFIG, { trace: false });
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(good);
      for (let n = random.below(3); n >= 0; n--)
        bytes[random.below(bytes.length)] = random.below(256);
      const { status } = await host.fetch(TARGET, { headers: JSON_TYPE, body: bytes });
      expect(status).toBe(200);
      const seen = host.clusters["backend"]!.requests.at(-1)!;
      const length = seen.headers.find(([name]) => name === "content-length")?.[1];
      expect(Number(length)).toBe(seen.bytes.length);
    }
    await host.close();
  });
});

describe("answers made to break the judge", () => {
  const LONG = "x".repeat(100_000);
  test.each<[string, string[], Record<string, string>, number]>([
    ["an event longer than is held", [`data: {"a":"${LONG}`, `${LONG}"}\n\n`], SSE_TYPE, 200],
    [
      "comments without end",
      Array.from({ length: 50 }, () => `: ${"y".repeat(3000)}\n\n`),
      SSE_TYPE,
      200,
    ],
    [
      "an event cut at every byte",
      [...'data: {"choices":[]}\r\n\r\ndata: [DONE]\n\n'],
      SSE_TYPE,
      200,
    ],
    ["an error cut at every byte", [...'data: {"error":{"a":1}}\n\n'], SSE_TYPE, 503],
    ["no byte at all", [], SSE_TYPE, 503],
    ["bytes that are no UTF-8", ["data: \xff\xfe\n\n"], SSE_TYPE, 503],
    ["deep JSON", [`data: ${"[".repeat(5000)}\n\n`], SSE_TYPE, 503],
    ["an error without end", ['{"error":{"message":"', LONG], JSON_TYPE, 503],
    ["an error that is null", ['{"error":null,"choices":[]}'], JSON_TYPE, 200],
    ["an empty document", [], JSON_TYPE, 200],
    ["no JSON", ["<html>"], JSON_TYPE, 200],
    ["a zipped error", ['{"error":{}}'], { ...JSON_TYPE, "content-encoding": "gzip" }, 200],
  ])("%s", async (_what, chunks, headers, status) => {
    const host = await gateway(CONFIG, {
      trace: false,
      clusters: { backend: upstream().reply(200, { headers, chunks }) },
    });
    const body = '{"model":"x","stream":true}';
    const reply = await host.fetch(TARGET, { headers: JSON_TYPE, body });
    expect(reply.status).toBe(status);
    if (status === 200) expect(reply.text().startsWith(chunks.join(""))).toBe(true);
    else expect(JSON.parse(reply.text()).error.code).toBe("all_targets_failed");
    await host.close();
  });

  test("headers of an answer that mean nothing", async () => {
    const values = ["", "-1", "1e9", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"];
    for (const value of values) {
      const headers = { ...JSON_TYPE, "retry-after": value, "x-llm-target": "forged" };
      const host = await gateway(CONFIG, {
        trace: false,
        clusters: { backend: upstream().reply(429, { headers, body: "{}" }) },
      });
      const reply = await host.fetch(TARGET, { headers: JSON_TYPE, body: '{"model":"x"}' });
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, null]);
      expect(reply.headers.get("x-llm-target")).toBeNull();
      await host.close();
    }
  });
});

test("odd values of the opt-out header", async () => {
  const host = await gateway(CONFIG, { trace: false });
  for (const value of ["", "[", "OFF", "of", "0".repeat(10_000)]) {
    const headers = { ...JSON_TYPE, "x-model-fallback": value };
    const reply = await host.fetch(TARGET, { headers, body: '{"model":"x"}' });
    expect([value, reply.status, reply.text()]).toEqual([value, 200, '{"choices":[]}']);
  }
  await host.close();
});
