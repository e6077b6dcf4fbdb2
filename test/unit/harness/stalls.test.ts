import { describe, expect, test } from "vitest";
import { createHost, upstream } from "../../harness/src";
import { config, probe, probeHost } from "./probe";

// A request that nothing can release any more is an error of the plugin, whenever it gets there.

const clusters = () => ({
  backend: upstream().reply(200, { body: "ok" }),
  auth: upstream().after(30).reply(200),
});
const rules = (host: { violations: { rule: string }[] }): string[] =>
  host.violations.map(({ rule }) => rule);

/** Waits for an answer after the call, and forgets to go on when it comes. */
const FORGETS = { request_headers: "call auth / 0; ret 4", http_call: "get 6 :status" };

describe("a stall that begins after time has passed", () => {
  test("rejects the answer", async () => {
    await using host = await probeHost(FORGETS, { clusters: clusters(), strict: "error" });
    const answer = host.fetch("http://a.test/");
    await host.clock.advance(29);
    expect(rules(host)).toEqual([]);
    await host.clock.advance(1);
    await expect(answer).rejects.toThrow(/S11 stalled/);
    expect(rules(host)).toEqual(["S11"]);
    host.violations.length = 0;
  });

  test("fails a test that never asked for the answer", async () => {
    const host = await probeHost(FORGETS, { clusters: clusters(), strict: "error" });
    await host.stream("http://a.test/").headers({ end: true });
    await host.clock.advance(30);
    expect(host.failingViolations().map(({ rule }) => rule)).toEqual(["S11"]);
    await host.close();
  });

  test("is none while the client has more to send", async () => {
    const host = await probeHost(FORGETS, { clusters: clusters(), strict: "error" });
    const stream = host.stream("http://a.test/");
    await stream.headers();
    await host.clock.advance(30);
    expect(host.failingViolations()).toEqual([]);
    await host.close();
  });
});

describe("what can still release a request", () => {
  test("a tick of its own VM can, until the wait is over", async () => {
    const script = { ...FORGETS, configure: "tick 100" };
    await using host = await probeHost(script, { clusters: clusters(), strict: "error" });
    const answer = host.fetch("http://a.test/");
    await host.clock.advance(500);
    expect(rules(host)).not.toContain("S11");
    await expect(answer.settle(1000)).rejects.toThrow(/S11 stalled/);
  });

  test("the tick of another VM cannot", async () => {
    await using host = await createHost({
      lifecycle: "single",
      clusters: clusters(),
      plugins: [
        { name: "ticking", wasm: probe, config: config({ configure: "tick 100" }), vmId: "a" },
        { name: "forgets", wasm: probe, config: config(FORGETS), vmId: "b" },
      ],
    });
    const answer = host.fetch("http://a.test/");
    await host.clock.advance(30);
    await expect(answer).rejects.toThrow(/S11 stalled.*forgets/);
  });

  test("an item of a queue can", async () => {
    const script = { configure: "qreg q", request_headers: "ret 4", queue_ready: "eff; cont 0" };
    await using host = await probeHost(script, { strict: "error" });
    const answer = host.fetch("http://a.test/");
    await host.settle();
    expect(rules(host)).not.toContain("S11");
    void answer.catch(() => undefined);
  });
});

test("a request whose VM died waits for ever, ticks or not", async () => {
  const script = {
    configure: "tick 10",
    request_headers: "call auth / 0; ret 4",
    http_call: "trap",
  };
  await using host = await probeHost(script, { clusters: clusters(), strict: "error" });
  const answer = host.fetch("http://a.test/");
  await host.clock.advance(100);
  await expect(answer).rejects.toThrow(/S28 stalled/);
});

describe("correct handling is no violation", () => {
  test("a refused call, answered locally", async () => {
    await using host = await probeHost(
      { request_headers: "call nowhere / 0; reply 503 no; ret 4" },
      { strict: "error" },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    expect(rules(host)).toEqual([]);
  });

  test("a refused call, then one that is taken", async () => {
    await using host = await probeHost(
      {
        request_headers: "call nowhere / 0; call auth / 0; ret 4",
        http_call: "eff; cont 0",
      },
      { clusters: clusters(), strict: "error" },
    );
    const answer = host.fetch("http://a.test/");
    await host.clock.advance(30);
    expect((await answer).status).toBe(200);
    expect(rules(host)).toEqual([]);
  });

  test("a refused call and a pause is still one", async () => {
    await using host = await probeHost(
      { request_headers: "call nowhere / 0; ret 4" },
      { strict: "error" },
    );
    await expect(host.fetch("http://a.test/")).rejects.toThrow();
    expect(rules(host)).toContain("S14");
  });
});
