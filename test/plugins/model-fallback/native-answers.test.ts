import { upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, CHAT, exposed, metrics } from "./replay-chain.js";

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

describe("allFailed.mode last", () => {
  const errors = { onBody: [{ path: "error.code", in: ["busy"] }] };

  test.each([
    ["a failure by its body", { errors }, 400],
    ["one of a class that has more statuses than the router is told", {}, 577],
    ["one the router is told", {}, 500],
  ])("%s comes as it was", async (_what, config, status) => {
    const { ask } = await nativeChain({
      config: { ...config, allFailed: { mode: "last" } },
      models: { a: busy(status), b: busy(status) },
    });
    const answer = await ask();
    expect([answer.status, answer.json()]).toEqual([status, { error: { code: "busy" } }]);
    expect(exposed(answer)).toMatchObject({ "x-fallback-attempts": "2" });
  });

  test("an error in an answer of 200 is none of success", async () => {
    const bad = () => upstream().reply(200, { json: { error: { code: "busy" } } });
    const config = { allFailed: { mode: "last" } };
    const { ask } = await nativeChain({ config, models: { a: bad(), b: bad() } });
    const answer = await ask();
    expect([answer.status, answer.json()]).toEqual([503, { error: { code: "busy" } }]);
  });
});

test("what one target removes is all there for the next, however often it was sent", async () => {
  const models = { a: busy(), b: busy(), c: well("c") };
  const targets: Json = [
    { name: "a" },
    { name: "b", headers: { remove: ["x-tag"] } },
    { name: "c" },
  ];
  const { host } = await nativeChain({ config: { targets }, models });
  const tags = ["1", "2", "3"].map((value): [string, string] => ["x-tag", value]);
  const headers: [string, string][] = [["content-type", "application/json"], ...tags];
  const body = JSON.stringify(BODY);
  const answer = await host.fetch(CHAT, { method: "POST", headers, body }).settle();
  expect(exposed(answer)).toMatchObject({ "x-llm-target": "c" });
  const seen = Object.values(models).map((model) =>
    model.last!.headers.flatMap(([name, value]) => (name === "x-tag" ? [value] : [])),
  );
  expect(seen).toEqual([["1", "2", "3"], [], ["1, 2, 3"]]);
});
