import { describe, expect, test } from "vitest";
import { probeHost } from "./probe.js";

// What the values are is compared with Envoy: test/envoy/probe/expressions.md.

async function evaluate(expression: string): Promise<string[]> {
  const script = `foreign expr_create ${expression.replaceAll(" ", "_SP_")}; foreign expr_evaluate \\0\\0\\0\\0`;
  await using host = await probeHost({ request_headers: script });
  await host.fetch("http://a.test/");
  return host.logs.map(({ text }) => text.slice(text.lastIndexOf("= ") + 2));
}

describe("expressions", () => {
  test("a value", async () => {
    expect(await evaluate("request.method == 'GET'")).toEqual(["0 00000000", "0 01"]);
  });

  test.each([
    ["[1] == [1.0]", "no such overload"],
    ["{1: 2}", "keys that are no strings"],
    ["google.protobuf.Duration{}", "makes a message"],
    ["Nothing{}", "makes a message"],
    ["bool(request.size)", "no matching overload"],
    ["size(request)", "request as a value"],
    ["request[request.path]", "request as a value"],
  ])("%s ends the test instead of answering otherwise than Envoy", async (expression, why) => {
    await expect(evaluate(expression)).rejects.toThrow(why);
  });
});
