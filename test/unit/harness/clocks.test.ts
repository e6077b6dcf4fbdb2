import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";

const real = { clock: "real" as const };

describe("the real clock", () => {
  test("answers come when their time has come, and it is measured", async () => {
    const backend = upstream().after(30).reply(200, { body: "ok" });
    await using host = await probeHost({}, { ...real, clusters: { backend } });
    const answer = await host.fetch("http://a.test/");
    expect(answer.text()).toBe("ok");
    expect(Number(answer.headers.get("x-envoy-upstream-service-time"))).toBeGreaterThan(10);
  });

  test("ticks come and are no reason to wait", async () => {
    await using host = await probeHost(
      { configure: "tick 5", request_headers: "ret 4", tick: "eff; cont 0" },
      { ...real, strict: "error" },
    );
    expect(host.clock).toMatchObject({ idle: true, ticking: true });
    await host.clock.runToIdle(60_000);
    expect((await host.fetch("http://a.test/")).text()).toBe("ok");
    expect(lines(host)).toContain("tick cont 0 = 0");
  });

  test("a call-out is a reason to wait", async () => {
    const auth = upstream().after(10).reply(200);
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", http_call: "eff; cont 0" },
      { ...real, clusters: { backend: upstream().reply(200), auth } },
    );
    const answer = host.fetch("http://a.test/");
    await turn();
    expect(host.clock.idle).toBe(false);
    expect((await answer.settle()).status).toBe(200);
  });

  test("a stalled request is found", async () => {
    await using host = await probeHost({ request_headers: "ret 4" }, { ...real, strict: "error" });
    await expect(host.fetch("http://a.test/")).rejects.toThrow("S11");
    expect(host.failingViolations().map(({ rule }) => rule)).toEqual(["S11"]);
    host.violations.length = 0;
  });

  test("nobody sets it or moves it on", async () => {
    await using host = await probeHost({}, real);
    expect(() => host.clock.advance(1)).toThrow("cannot be advanced");
    expect(() => (host.clock.now = 0)).toThrow("cannot be set");
    expect(() => (host.clock.monotonic = 0n)).toThrow("cannot be set");
    expect(Math.abs(host.clock.now - Date.now())).toBeLessThan(60_000);
  });
});

describe("an upstream that has to think", () => {
  const slow = (turns: number, body: string) =>
    upstream().handle(async () => {
      for (let i = 0; i < turns; i++) await turn();
      return { status: 200, body };
    });

  const run = async () => {
    await using host = await probeHost(
      { request_headers: "call auth / 100; ret 4", http_call: "buf 4 0 9; eff; cont 0" },
      { clusters: { backend: slow(3, "ok"), auth: slow(7, "yes") } },
    );
    const answer = await host.fetch("http://a.test/").settle();
    return { text: answer.text(), at: host.clock.elapsed, log: lines(host), trace: host.trace!.toJsonl() }; // prettier-ignore
  };

  test("time stands still meanwhile, and every run is the same", async () => {
    const first = await run();
    expect(first).toMatchObject({ text: "ok", at: 0 });
    expect(first.log).toContain("http_call buf 4 0 9 = 0 'yes'");
    expect((await run()).trace).toBe(first.trace);
  });

  test("a step ends after it has answered", async () => {
    await using host = await probeHost({}, { clusters: { backend: slow(5, "ok") } });
    const stream = host.stream("GET http://a.test/");
    const step = await stream.headers({ end: true });
    expect(step.callbacks.map(({ callback }) => callback)).toEqual([
      "proxy_on_request_headers",
      "proxy_on_response_headers",
      "proxy_on_response_body",
      "proxy_on_response_body",
    ]);
  });

  test("what it throws ends the request", async () => {
    const backend = upstream().handle(async () => {
      await turn();
      throw new Error("the model is on fire");
    });
    const host = await probeHost({}, { clusters: { backend } });
    await expect(host.fetch("http://a.test/").settle()).rejects.toThrow("on fire");
    await expect(host.close()).rejects.toThrow("on fire");
  });
});
