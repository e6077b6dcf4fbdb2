import { describe, expect, test } from "vitest";
import { probeHost, type Script } from "./probe.js";

// What several workers share, and what not (harness.md 5.3, 6.1).

function twoWorkers(script: Script) {
  return probeHost({ args: "1", ...script }, { lifecycle: "envoy", workers: 2 });
}

describe("two workers", () => {
  test("one of them loses a compare-and-swap", async () => {
    await using host = await twoWorkers({
      "request_headers#1": "sget k; sset k first 0; sget k",
      "request_headers#2": "sset k stale 1; sget k",
    });
    await host.fetch("http://a.test/", { worker: 0 });
    await host.fetch("http://a.test/", { worker: 1 });
    await host.fetch("http://a.test/", { worker: 1 });
    await host.fetch("http://a.test/", { worker: 0 });
    const got = host.logs.filter(({ text }) => /sget|sset/.test(text));
    expect(got.map(({ vm, text }) => `${vm}: ${text.replace("request_headers ", "")}`)).toEqual([
      "worker0: sget k = 1 null 0",
      "worker0: sset k first 0 = 0",
      "worker0: sget k = 0 'first' 1",
      "worker1: sget k = 0 'first' 1",
      "worker1: sset k first 0 = 0",
      "worker1: sget k = 0 'first' 2",
      "worker1: sset k stale 1 = 8",
      "worker1: sget k = 0 'first' 2",
      "worker0: sset k stale 1 = 8",
      "worker0: sget k = 0 'first' 2",
    ]);
  });

  test("the last VM that registers a queue hears of its items, whoever sends them", async () => {
    await using host = await twoWorkers({
      configure: "qreg q",
      request_headers: "qres q; enq 1 item",
      queue: "deq 1",
    });
    await host.fetch("http://a.test/", { worker: 0 });
    await host.fetch("http://a.test/", { worker: 1 });
    const registered = host.logs.filter(({ text }) => text.startsWith("configure qreg"));
    const last = registered.at(-1)!.vm;
    const heard = host.logs.filter(({ text }) => text.startsWith("queue"));
    expect(registered.map(({ text }) => text)).toEqual(Array(4).fill("configure qreg q = 0 1"));
    expect(heard.map(({ vm, text }) => [vm, text])).toEqual(
      Array(2).fill([[last, "queue(1)"], [last, "queue deq 1 = 0 'item'"]]).flat(),
    ); // prettier-ignore
  });

  test("a worker that registers later takes the queue over", async () => {
    await using host = await twoWorkers({
      request_headers: "qreg q; enq 1 item",
      queue: "deq 1",
    });
    const heard = () => host.logs.filter(({ text }) => text === "queue(1)").map(({ vm }) => vm);
    await host.fetch("http://a.test/", { worker: 1 });
    await host.fetch("http://a.test/", { worker: 0 });
    await host.fetch("http://a.test/", { worker: 1 });
    expect(heard()).toEqual(["worker1", "worker0", "worker1"]);
  });
});

test("a tick resumes one stream and answers another, in the order of the calls", async () => {
  const script = {
    args: "1",
    configure: "tick 100",
    request_headers: "ret 4",
    "tick#1": "eff 2; cont 0; eff 3; reply 403 denied by_tick",
  };
  await using host = await probeHost(script);
  const first = host.fetch("http://a.test/first");
  const second = host.fetch("http://a.test/second");
  await host.clock.advance(100);
  expect((await first).status).toBe(200);
  expect((await second).status).toBe(403);
  const got = host.logs.map(({ text }) => text);
  expect(got.indexOf("tick eff 3 = 0")).toBeGreaterThan(0);
  const acts = host.trace!.events.filter(({ kind }) => kind === "action").map(({ name }) => name);
  expect(acts.slice(0, 2)).toEqual(["continue request", "local reply"]);
});
