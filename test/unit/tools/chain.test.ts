import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CHAIN, writeEntry } from "../../../build/tools/chain.js";

const linesOf = (plugins: string[], isHigress = false): string[] =>
  readFileSync(writeEntry({ name: "test-chain", plugins }, isHigress), "utf8").split("\n");

test("the entry registers each plugin under its name", () => {
  const lines = linesOf(["key-auth", "ai-statistics"]);
  expect(lines).toContain('registerAs(bytes("key-auth"), (id) => new KeyAuthRoot(id));');
  expect(lines).toContain('registerAs(bytes("ai-statistics"), (id) => new StatisticsRoot(id));');
});

test("a callback is there once, in the form for all requests where a plugin follows them", () => {
  for (const plugins of [
    ["ai-statistics", "ai-cache"],
    ["ai-cache", "ai-statistics"],
  ]) {
    const logs = linesOf(plugins).filter((line) => line.includes("proxy_on_log"));
    expect(logs).toEqual(['export { proxy_on_log } from "proxy-wasm-as/callbacks-end-of-all";']);
  }
});

test("callbacks that no plugin wants are not there", () => {
  const text = linesOf(["key-auth"]).join();
  expect(text).toContain("proxy_on_request_body");
  expect(text).not.toContain("proxy_on_response_body");
  expect(text).not.toContain("callbacks-higress");
});

test("the Higress module has the callbacks of Higress", () => {
  expect(linesOf(["key-auth"], true)).toContain('export * from "proxy-wasm-as/callbacks-higress";');
});

test("what stands in an upstream chain, too, is refused with the reason", () => {
  expect(() => linesOf(["key-auth", "model-fallback"])).toThrow(
    "model-fallback stands in an upstream chain, too, and stays a module of its own",
  );
});

test("the chain of the set has everything that can be part of it and needs no rule of an operator", () => {
  expect(() => linesOf([...CHAIN.plugins])).not.toThrow();
  expect(new Set(CHAIN.plugins).size).toBe(7);
});
