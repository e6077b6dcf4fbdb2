import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { beforeAll, describe, expect, it } from "vitest";
import { RawHost } from "../sdk/raw-host.js";
import { buildPlugin } from "./build.js";

let wasm: string;

beforeAll(async () => {
  wasm = await buildPlugin("periodic", "envoy");
});

async function open(...configs: Json[]): Promise<Host> {
  return await createHost({
    plugins: configs.map((config, i) => ({ wasm, name: `p${i}`, vmId: "shared", config })),
    clusters: { backend: upstream().reply(204) },
    lifecycle: "single",
    strict: { S26: "off" },
  });
}

/** The words of the jobs since the last call. */
function take(host: Host, seen: { count: number }): string[] {
  const texts = host.logs.slice(seen.count).map(({ text }) => text.split("] ").at(-1)!);
  seen.count = host.logs.length;
  return texts.filter((text) => /^(job|mine|not mine)/.test(text));
}

describe("jobs", () => {
  it("run on the first tick, then whenever their period is over", async () => {
    await using host = await open({ periods: [1000, 250] });
    const seen = { count: 0 };
    const ticks: string[] = [];
    for (let at = 100; at <= 2200; at += 100) {
      await host.clock.advance(100);
      for (const job of take(host, seen)) ticks.push(`${at} ${job}`);
    }
    const every = (job: number, times: number[]) => times.map((at) => `${at} job ${job}`);
    expect(ticks.filter((line) => line.includes("job 0"))).toEqual(every(0, [100, 1100, 2100]));
    expect(ticks.filter((line) => line.includes("job 1"))).toEqual(
      every(1, [100, 400, 700, 1000, 1300, 1600, 1900, 2200]),
    );
  });

  it("that nobody has cost no ticks", async () => {
    await using host = await open({ name: "idle" });
    await host.clock.advance(1000);
    expect(host.calls("proxy_set_tick_period_milliseconds").count).toBe(0);
  });
});

describe("a lease", () => {
  const config = { periods: [1000], lease: 5 };

  it("is had by one of two, kept by renewing, and taken over when its owner is silent", async () => {
    await using host = await open(config, config);
    const seen = { count: 0 };
    for (let round = 0; round < 10; round++) {
      await host.clock.advance(1000);
      expect(take(host, seen).sort()).toEqual(["mine", "not mine"]);
    }
    const [key] = host.sharedData.keys("shared");
    expect(key).toMatch(/^periodic:lease:sha256:[0-9a-f]{8}$/);
    // Somebody who is gone: another owner, some seconds old.
    const foreign = (age: number) => {
      const value = Buffer.alloc(24, 1);
      value.writeBigInt64BE(BigInt(Math.floor(host.clock.now / 1000) - age), 16);
      host.sharedData.set(key!, value, "shared");
    };
    foreign(5); // as old as it may be
    await host.clock.advance(1000);
    expect(take(host, seen)).toEqual(["not mine", "not mine"]);
    foreign(6);
    await host.clock.advance(1000);
    expect(take(host, seen).sort()).toEqual(["mine", "not mine"]);
    foreign(-1000); // the clock was set back
    await host.clock.advance(1000);
    expect(take(host, seen).sort()).toEqual(["mine", "not mine"]);
    host.sharedData.set(key!, "broken", "shared");
    await host.clock.advance(1000);
    expect(take(host, seen).sort()).toEqual(["mine", "not mine"]);
  });

  it("is one per configuration", async () => {
    await using host = await open({ ...config, name: "a" }, { ...config, name: "b" });
    await host.clock.advance(1000);
    expect(take(host, { count: 0 })).toEqual(["mine", "mine"]);
    expect(host.sharedData.keys("shared")).toHaveLength(2);
  });
});

it("a configuration that the host does not hand over is refused in the plugin's own words", () => {
  const host = new RawHost(wasm);
  host.configurationStatus = 10;
  expect(host.root(1, '{"periods":[100]}')).toBe(0);
  expect(host.take().at(-1)).toMatch(
    /^\[[\w-]+\] \[nil\] \[nil\] error reading plugin configuration: error status returned by host: internal failure$/,
  );
});

it.each([
  [0, 1],
  [10, 0],
])("a host that answers %i when it is asked for ticks: configured %i", (status, accepted) => {
  const host = new RawHost(wasm);
  host.statuses.set("proxy_set_tick_period_milliseconds", status);
  expect(host.root(1, '{"periods":[100]}')).toBe(accepted);
  const lines = host.take().map((line) => line.split("] ").at(-1)!);
  expect(lines.slice(1)).toEqual(
    accepted === 1
      ? ["plugin start successfully"]
      : [
          "SetTickPeriodMilliSeconds failed, onTick functions will not take effect.",
          expect.stringMatching(/^parse rule config failed: .*no ticks$/),
          "plugin start failed",
        ],
  );
});
