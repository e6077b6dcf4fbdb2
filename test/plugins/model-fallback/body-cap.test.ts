import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway, JSON_TYPE, load, TARGET } from "./support.js";

// `body.cap` compares numbers as they stand in the JSON text, whatever their notation.

/** What a target gets of `x` when it is capped. Numbers are texts: JavaScript must not read them. */
async function capped(limit: string, x: string): Promise<string> {
  const backend = upstream().reply(200, { headers: JSON_TYPE, body: "{}" });
  const targets = `[{"name":"a","cluster":"backend","body":{"cap":{"x":${limit}}}}]`;
  await using host = await gateway(undefined, {
    clusters: { backend },
    plugins: (["listener", "upstream"] as const).map((role) => ({
      wasm: "build/envoy/model-fallback.wasm",
      vmId: "one",
      rootId: role,
      allowOnHeadersStopIteration: true,
      config: `{"role":"${role}","targets":${targets}}`,
    })),
  });
  const body = `{"model":"m","x":${x}}`;
  await host.fetch(TARGET, { method: "POST", headers: JSON_TYPE, body }).settle();
  return /"x":(.*)\}$/.exec(backend.requests[0]!.body)![1]!;
}

describe("a number above its cap is lowered to it, another stays as it is written", () => {
  test.each([
    ["100", "99", "99"],
    ["100", "100", "100"],
    ["100", "101", "100"],
    ["100", "1e2", "1e2"],
    ["100", "1.01e2", "100"],
    ["100", "100.000", "100.000"],
    ["100", "100.5", "100"],
    ["100", "1e400", "100"],
    ["100", "-1e400", "-1e400"],
    ["9007199254740993", "9007199254740994", "9007199254740993"],
    ["1.5", "1.5", "1.5"],
    ["1.5", "1.50", "1.50"],
    ["1.5", "1.51", "1.5"],
    ["1.5", "1.45", "1.45"],
    ["1.5", "2", "1.5"],
    ["1.5", "15e-1", "15e-1"],
    ["1.5", "10", "1.5"],
    ["15e-1", "2", "1.5"],
    ["0", "-0.5", "-0.5"],
    ["0", "0.5", "0"],
    ["-0.5", "-0.25", "-0.5"],
    ["-0.5", "-0.75", "-0.75"],
    ["-2", "-10", "-10"],
    ["-10", "-2", "-10"],
    ["1", '"2"', '"2"'],
    ["1", "null", "null"],
  ])("%s, %s", async (limit, x, wanted) => {
    expect(await capped(limit, x)).toBe(wanted);
  });
});

test.each(["1e400", "-1e400"])("a cap of %s is refused", async (limit) => {
  const { accepted, lines } = await load(
    `{"targets":[{"name":"a","body":{"cap":{"x":${limit}}}}]}`,
  );
  expect(accepted).toBe(false);
  expect(lines.join()).toContain("targets[0].body.cap: must hold numbers");
});
