import { upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { nativeChain, well } from "./native-chain.js";
import { exposed, metrics } from "./replay-chain.js";

// What the upstream part makes of answers: what the router sees, and what is counted.

// The router retries no answer that an Envoy before a model marks so, unless it is told to.
test.each([
  ["a status", {}, 429],
  ["a body", { onBody: [{ path: "error.code", in: ["busy"] }] }, 400],
])(
  "native: a rate limit of an Envoy before a model is a failure by %s",
  async (_what, errors, status) => {
    const limited = upstream().reply(status, {
      headers: { "x-envoy-ratelimited": "true" },
      json: { error: { code: "busy" } },
    });
    const { ask } = await nativeChain({ config: { errors }, models: { a: limited, b: well("b") } });
    expect(exposed(await ask())).toMatchObject({
      "x-llm-target": "b",
      "x-fallback-reason": `status_${status}`,
    });
  },
);

test.each([404, 401, 400, 204])("native: an empty %d is whole", async (status) => {
  const models = { a: upstream().reply(status), b: well("b") };
  const config = { breaker: { failures: 1 } };
  const { ask, asked, host } = await nativeChain({ config, models, steers: true });
  for (let i = 0; i < 2; i++) expect((await ask()).status).toBe(status);
  expect(asked()).toEqual([2, 0]);
  const counts = { "a.attempts": 2, "a.success": 2, "a.first_token_ms": 2 };
  expect(metrics(host)).toEqual({ requests: 2, ...counts });
});
