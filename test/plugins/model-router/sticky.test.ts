import type { Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { linesOf } from "../loaded.js";
import { gateway } from "./support.js";

const TYPE = { "content-type": "application/json" };
const HALVES = [
  { name: "a", weight: 50 },
  { name: "b", weight: 50 },
];

function splitBy(source: string): Promise<Host> {
  const rules = [{ name: "r", sticky: { by: [source] }, variants: HALVES }];
  return gateway({ split: { responseHeader: "x-variant", rules } });
}

async function variantOf(host: Host, more: object = {}): Promise<string | null> {
  const request = { headers: TYPE, body: '{"model":"m"}', ...more };
  return (await host.fetch("/v1/chat/completions", request)).headers.get("x-variant");
}

describe("the address of the client as key", () => {
  const from = (address: string) => ({ properties: { "source.address": address } });

  test("stays with its variant from every port", async () => {
    const host = await splitBy("ip");
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      for (const address of [`192.0.2.${i}`, `[2001:db8::${i}]`]) {
        const first = await variantOf(host, from(`${address}:40000`));
        expect(await variantOf(host, from(`${address}:40001`))).toBe(first);
        seen.add(String(first));
      }
    }
    expect([...seen].sort()).toEqual(["a", "b"]);
  });
});

describe("requests without the consumer that a rule asks for", () => {
  const WARNING =
    "warn split rule r: no request had a consumer so far; this plugin may stand before authentication";
  const warnings = (host: Host) => linesOf(host.logs).filter((line) => line.startsWith("warn "));
  const KNOWN = { headers: { ...TYPE, "x-mse-consumer": "alice" } };

  test("are warned of once, at the hundredth", async () => {
    const host = await splitBy("consumer");
    for (let i = 0; i < 99; i++) await variantOf(host);
    expect(warnings(host)).toEqual([]);
    for (let i = 0; i < 150; i++) await variantOf(host);
    expect(warnings(host)).toEqual([WARNING]);
  });

  test("are no matter once somebody was known", async () => {
    const host = await splitBy("consumer");
    for (let i = 0; i < 50; i++) await variantOf(host);
    await variantOf(host, KNOWN);
    for (let i = 0; i < 150; i++) await variantOf(host);
    expect(warnings(host)).toEqual([]);
  });
});
