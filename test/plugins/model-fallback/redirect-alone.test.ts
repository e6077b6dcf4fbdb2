import { createHost, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { AGAIN, BODY, CHAT, CONFIG, pass } from "./redirect-pass.js";

// Strategy `redirect` and `optOut`: the first target, and no further pass.

describe("a client that wants no fallback", () => {
  const alone = { "x-model-fallback": "off" };

  test("gets the first target, whatever breakers and rules say, and counts for none", async () => {
    const breaker = { failures: 1 };
    await using host = await createHost({
      profile: "higress-2.2",
      plugins: [{ wasm: "build/higress/model-fallback.wasm", config: { ...CONFIG, breaker } }],
      clusters: { backend: upstream().reply(503) },
    });
    const ask = (more: Record<string, string> = {}) => {
      const headers = { "content-type": "application/json", ...more };
      return host.fetch(CHAT, { method: "POST", headers, body: JSON.stringify(BODY) }).settle();
    };
    const opened = () => host.metrics.all["model_fallback.0.own.breaker_opened"];
    await ask(alone);
    expect(opened()).toBe(0);
    await ask();
    expect(opened()).toBe(1);
    expect((await ask(alone)).upstream).toHaveLength(1);
  });

  test("is told that it failed in place of a further pass", async () => {
    const { answer } = await pass({ ...AGAIN, ...alone });
    expect([answer.status, answer.upstream.length]).toEqual([503, 0]);
    expect(answer.details).toContain("model_fallback.all_failed");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-fallback-from": "own",
      "x-fallback-attempts": "1",
    });
  });
});
