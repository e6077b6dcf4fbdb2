import type { Host } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { admin, balance, chat, gateway, refill, SHARED } from "./support.js";

// Shared data knows no removal: what lies there stays. So whoever is refused, and whoever has no
// balance, leaves nothing there. In a real Envoy: test/envoy/token-memory.test.ts.

const STRANGERS = 2000;

const keys = (host: Host): string[] => host.sharedData.keys("one").map(String);

test.each([
  ["without a balance", {}],
  ["without a balance, with a reservation", { reservation: { enabled: true } }],
  [
    "with a grant that is too small for the question alone",
    { default_quota: 3, reservation: { enabled: true, strict: true } },
  ],
])("strangers %s leave nothing", async (_what, config) => {
  await using host = await gateway({ ...SHARED, ...config }, { trace: false });
  for (let i = 0; i < STRANGERS; i++) {
    expect((await chat(host, `stranger-${i}`)).status).toBe(403);
  }
  expect(keys(host)).toEqual([]);
});

test.each([
  ["", {}],
  [", with a reservation", { reservation: { enabled: true } }],
])("a group that has nothing keeps out all its members' grants%s", async (_what, more) => {
  const config = { ...SHARED, default_quota: 1000, groups: true, ...more };
  await using host = await gateway(config, { trace: false });
  for (let i = 0; i < STRANGERS; i++) {
    const headers = { "x-mse-consumer-group": "poor" };
    expect((await chat(host, `stranger-${i}`, headers)).status).toBe(403);
  }
  expect(keys(host)).toEqual([]);
});

test.each([
  ["", {}],
  [", with a reservation", { reservation: { enabled: true } }],
  [", by the day", { period: "day" }],
])("strangers whom shadow lets pass leave nothing%s", async (_what, more) => {
  await using host = await gateway({ ...SHARED, shadow: true, ...more }, { trace: false });
  for (let i = 0; i < STRANGERS; i++) {
    expect((await chat(host, `stranger-${i}`)).status).toBe(200);
  }
  expect(keys(host)).toEqual([]);
  // Who has a balance pays.
  await refill(host, "alice", 10);
  for (let i = 0; i < 2; i++) expect((await chat(host, "alice")).status).toBe(200);
  expect(await balance(host, "alice")).toBe(-20);
});

test("the usage report has so many lines, and no more", async () => {
  const config = { unlimited_consumers: ["*"], usage_report: true, usage_report_consumers: 10 };
  await using host = await gateway({ ...SHARED, ...config }, { trace: false });
  for (let i = 0; i < STRANGERS; i++) {
    expect((await chat(host, `stranger-${i}`)).status).toBe(200);
  }
  // Lines, the one for all others, and the list of names.
  expect(keys(host)).toHaveLength(12);
  const { others } = (await admin(host, "/report")).json() as { others: { requests: number } };
  expect(others.requests).toBe(STRANGERS - 10);
});
