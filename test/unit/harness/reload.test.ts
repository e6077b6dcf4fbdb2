import { describe, expect, test } from "vitest";
import { createHost, upstream, type Host } from "../../harness/src";
import { config, lines, probe, probeHost } from "./probe";

const endings = (host: Host) => lines(host).filter((line) => /^(log|done|delete)\(/.test(line));
const auth = () => upstream().after(50).reply(200);
const backend = () => upstream().reply(200, { body: "ok" });

describe("reload", () => {
  test("an on_done of 0 is followed by on_delete once, when the guest is done", async () => {
    await using host = await probeHost(
      { args: "1", configure: "call auth /x 0", done: "ret 1", http_call: "done" },
      { clusters: { backend: backend(), auth: auth() } },
    );
    host.reload();
    expect(endings(host)).toEqual(["done(1)"]);
    await host.clock.advance(50);
    expect(endings(host)).toEqual(["done(1)", "delete(1)"]);
    // The new root is not on its way out: nothing waits for its proxy_done.
    const done = lines(host).filter((line) => line.startsWith("http_call done"));
    expect(done).toEqual(["http_call done = 0", "http_call done = 1"]);
  });

  test.each([
    ["a call-out", { request_headers: "call auth /x 0; ret 4", http_call: "eff; cont 0" }],
    ["a tick", { configure: "tick 50", request_headers: "ret 4", tick: "eff; cont 0" }],
  ])("a stream that waits for %s keeps its old VM until it is over", async (_name, script) => {
    await using host = await probeHost(
      { args: "1", ...script },
      { strict: "error", clusters: { backend: backend(), auth: auth() } },
    );
    const stream = host.stream("GET http://a.test/");
    await stream.headers({ end: true });
    host.reload();
    expect(endings(host)).toEqual([]);
    const answer = stream.response();
    await host.clock.advance(50);
    expect((await answer).text()).toBe("ok");
    expect(endings(host)).toEqual(["log(2)", "done(2)", "delete(2)", "done(1)", "delete(1)"]);
    expect(host.violations.map(({ rule }) => rule)).not.toContain("S11");
  });

  test("plugins that share a root leave it once", async () => {
    const plugin = { name: "p", wasm: probe, config: config({ args: "1" }) };
    await using host = await createHost({
      plugins: [plugin, { ...plugin }],
      lifecycle: "single",
      strict: "off",
    });
    host.reload();
    expect(endings(host)).toEqual(["done(1)", "delete(1)"]);
  });
});

describe("FAIL_RELOAD", () => {
  const trapping = { failurePolicy: "FAIL_RELOAD" as const };

  test("two plugins of one VM get one new VM", async () => {
    const script = config({ args: "1", request_headers: "get 0 :path" });
    const plugin = { wasm: probe, vmId: "shared", config: script, ...trapping };
    await using host = await createHost({
      plugins: [
        { ...plugin, name: "a" },
        { ...plugin, name: "b" },
      ],
      clusters: { backend: backend() },
      lifecycle: "single",
      strict: "off",
    });
    const [old] = host.workers[0]!.allVms;
    host.inject.trap("proxy_get_header_map_value");
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    await host.clock.advance(1000);
    host.logs.length = 0;
    expect((await host.fetch("http://a.test/")).text()).toBe("ok");
    const [renewed, ...others] = host.workers[0]!.allVms;
    expect(others).toEqual([]);
    expect(renewed).not.toBe(old);
    expect(renewed!.failed).toBeNull();
    const said = (what: string) =>
      host.logs.filter((line) => line.text.startsWith(what)).map((line) => line.plugin);
    expect(said("configure(")).toEqual(["a", "b"]);
    expect(said("request_headers(")).toEqual(["a", "b"]);
    expect(host.metrics.counter("wasm.a.vm_reload_success")).toBe(1);
    expect(host.metrics.counter("wasm.b.vm_reload_success")).toBe(1);
  });

  test.each([
    ["back", -3_600_000],
    ["forward", 3_600_000],
  ])("the backoff does not see the wall clock set %s", async (_name, jump) => {
    await using host = await probeHost({ request_headers: "get 0 :path" }, { plugin: trapping });
    host.inject.trap("proxy_get_header_map_value");
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    host.clock.now += jump;
    await host.clock.advance(999);
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    await host.clock.advance(1);
    expect((await host.fetch("http://a.test/")).status).toBe(200);
  });
});

test("x-envoy-upstream-service-time does not see the wall clock set back", async () => {
  await using host = await probeHost(
    {},
    { clusters: { backend: upstream().after(30).reply(200) } },
  );
  const answer = host.fetch("http://a.test/");
  host.clock.now -= 3_600_000;
  const { headers } = await answer.advance(30);
  expect(headers.get("x-envoy-upstream-service-time")).toBe("30");
});
