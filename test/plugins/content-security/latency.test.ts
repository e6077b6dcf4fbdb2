import { describe, expect, test } from "vitest";
import type { Json } from "proxy-wasm-test";
import { BUILDS, gateway } from "./support.js";

// What is refused before anything of it was judged took no time, and not all the time there is.

const CONFIG: Record<string, Json> = {
  onUnreadable: "deny",
  rules: [{ name: "words", words: ["weapon"] }],
  metrics: { every_request: true },
};
const JSON_TYPE = "application/json";
const WIDE = Buffer.from('\ufeff{"messages":[]}', "utf16le");
const ANSWER = { type: JSON_TYPE, body: '{"choices":[]}' };

describe.each(BUILDS)("in the build for %s", (build) => {
  test.each([
    ["is compressed", { "content-encoding": "gzip" }, "xyz"],
    ["is written in wide characters", {}, WIDE],
  ])("a request that %s is refused within no time", async (_says, more, body) => {
    const host = await gateway(build, CONFIG, ANSWER);
    const headers = { "content-type": JSON_TYPE, ...more };
    await host.fetch("http://a.test/v1/chat/completions", { method: "POST", headers, body });
    expect(host.metrics.all["ai_sec_request_deny"]).toBe(1);
    expect(host.metrics.histogram("ai_sec_latency_ms")).toEqual([0]);
    const times = Object.entries(host.metrics.all).filter(([name]) => /_duration$/.test(name));
    expect(times.filter(([, ms]) => ms > 0)).toEqual([]);
  });
});
