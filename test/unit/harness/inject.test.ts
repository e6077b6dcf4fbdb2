import { describe, expect, test } from "vitest";
import { createHost, upstream } from "../../harness/src";
import { config, lines, probe, probeHost } from "./probe";

const plugin = { wasm: probe, config: config({ request_headers: "get 0 :path" }) };

/** Two plugins on two workers. */
const four = () =>
  createHost({
    plugins: [
      { ...plugin, name: "a" },
      { ...plugin, name: "b" },
    ],
    clusters: { backend: upstream().reply(200) },
    workers: 2,
    strict: "off",
  });

describe("a fault meets whom it is aimed at", () => {
  test.each([
    ["everybody", {}, ["10", "10", "10", "10"]],
    ["one plugin", { plugin: "b" }, ["0", "10", "0", "10"]],
    ["one worker", { worker: 1 }, ["0", "0", "10", "10"]],
    ["one plugin on one worker", { plugin: "a", worker: 1 }, ["0", "0", "10", "0"]],
    ["nobody on the way", { worker: "main" as const }, ["0", "0", "0", "0"]],
  ])("%s", async (_name, at, want) => {
    await using host = await four();
    host.inject.status("proxy_get_header_map_value", 10, at);
    await host.onWorker(0).fetch("http://a.test/");
    await host.onWorker(1).fetch("http://a.test/");
    expect(lines(host).map((line) => line.split(" = ")[1]!.split(" ")[0])).toEqual(want);
  });

  test("calls of others are not counted; traps, allocators and hooks too", async () => {
    await using host = await four();
    let hooked = 0;
    host.inject.before("proxy_get_header_map_value", () => hooked++, 2, { plugin: "b" });
    host.inject.allocator(2, 1, { plugin: "b", worker: 0 });
    for (let i = 0; i < 2; i++) await host.fetch("http://a.test/");
    expect(hooked).toBe(1);
    expect(lines(host).map((line) => line.split(" = ")[1])).toEqual(["0 '/'", "0 '/'", "0 '/'", "6 null"]); // prettier-ignore
    host.inject.trap("proxy_get_header_map_value", 1, { worker: 1 });
    expect((await host.onWorker(0).fetch("http://a.test/")).status).toBe(200);
    expect((await host.onWorker(1).fetch("http://a.test/")).status).toBe(503);
  });
});

describe("faults at a step", () => {
  test.each([
    [1, ["request_headers", "log"]],
    [2, ["request_headers", "request_body", "log"]],
    [4, ["request_headers", "request_body", "request_body", "response_headers", "log"]],
  ])("the client leaves after callback %i", async (step, want) => {
    const backend = upstream().reply(200, { chunks: ["a", "b"], every: 10 });
    await using host = await probeHost({ args: "1" }, { clusters: { backend } });
    host.inject.abort(step);
    const answer = await host.fetch("http://a.test/", { body: "x" }).advance(50);
    expect(answer.reset).toBe(true);
    const seen = lines(host).map((line) => line.split("(")[0]!);
    expect(seen.filter((name) => /^(request|response|log)/.test(name))).toEqual(want);
  });

  test("the wall clock jumps between two callbacks, the monotonic one does not", async () => {
    const look = "clock 0; clock 1";
    await using host = await probeHost({ request_headers: look, response_headers: look });
    const start = host.clock.now;
    host.inject.clockJump(-5000);
    await host.fetch("http://a.test/");
    const [wall, mono, wallLater, monoLater] = lines(host).map((line) => line.split(" = 0 ")[1]);
    expect(wall).toBe(`${start}000000`);
    expect(wallLater).toBe(`${start - 5000}000000`);
    expect(monoLater).toBe(mono);
  });

  test("VMs are renewed under a stream; the next stream meets the new one", async () => {
    await using host = await probeHost({ args: "1", configure: "sset seen yes 0" });
    const [old] = host.workers[0]!.allVms;
    host.inject.reload(1);
    expect((await host.fetch("http://a.test/")).text()).toBe("ok");
    expect(host.workers[0]!.allVms[0]).not.toBe(old);
    expect(lines(host).filter((line) => line.startsWith("configure("))).toHaveLength(2);
    expect((await host.fetch("http://a.test/")).text()).toBe("ok");
  });

  test("clear() calls them off", async () => {
    await using host = await probeHost({});
    host.inject.abort(1);
    host.inject.clear();
    expect((await host.fetch("http://a.test/")).reset).toBe(false);
  });
});
