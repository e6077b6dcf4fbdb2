import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Host } from "proxy-wasm-test";
import { askRedis } from "../../support/ask-redis.js";
import { ask, DRIVERS, PASSWORD, Servers } from "./stores.js";

// How long a sliding counter that is above its limit takes to come down to it. It is a quarter past the
// hour when a test begins, and windows are hours.

const HOUR = 3600;
const LIMIT = 100;
const BUCKET = { key: "{s}k", limit: LIMIT, window: HOUR, algorithm: "sliding" };

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterAll(() => servers.stop());
beforeEach(async () => void (await askRedis(servers.redis.url, PASSWORD, ["flushall"])));

const charge = (host: Host, tokens: number) =>
  ask(host, { op: "charge", buckets: [BUCKET], tokens, unlimited: true });
const state = async (host: Host) => {
  const { states } = await ask(host, { op: "check", buckets: [BUCKET] });
  const [, used, seconds] = states![0]!;
  return { used, seconds };
};

describe.each(DRIVERS)("%s", (driver) => {
  test("what fits says when the window ends", async () => {
    await using host = await servers.open(driver);
    await charge(host, LIMIT);
    expect(await state(host)).toEqual({ used: LIMIT, seconds: 2700 });
  });

  test("what is of this window goes in the next one", async () => {
    await using host = await servers.open(driver);
    await charge(host, 150);
    // A third of the next hour.
    expect(await state(host)).toEqual({ used: 150, seconds: 2700 + 1200 });
    await host.clock.advance(3800 * 1000);
    expect((await state(host)).used).toBeGreaterThan(LIMIT);
    await host.clock.advance(100 * 1000);
    expect((await state(host)).used).toBe(LIMIT);
  });

  test("what is of the window before goes until this one ends", async () => {
    await using host = await servers.open(driver);
    await charge(host, 200);
    await host.clock.advance(HOUR * 1000);
    expect(await state(host)).toEqual({ used: 150, seconds: 900 });
    await charge(host, 40);
    // Of the 150 there may be 60, after three fifths of 45 minutes.
    expect(await state(host)).toEqual({ used: 190, seconds: 1620 });
    await host.clock.advance(1520 * 1000);
    expect((await state(host)).used).toBeGreaterThan(LIMIT);
    await host.clock.advance(100 * 1000);
    expect((await state(host)).used).toBe(LIMIT);
  });

  test("a refused reservation says so, too", async () => {
    await using host = await servers.open(driver);
    await charge(host, 120);
    const reserve = { op: "reserve", as: "r", buckets: [BUCKET], tokens: 1 };
    const { denied, states } = await ask(host, reserve);
    expect([denied, states]).toEqual([0, [[LIMIT, 120, 2700 + 600]]]);
  });
});
