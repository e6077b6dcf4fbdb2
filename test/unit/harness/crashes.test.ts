import { describe, expect, test } from "vitest";
import { upstream, type Host } from "../../harness/src";
import { lines, probeHost, type Script } from "./probe";

const rules = (host: Host, severity: string) =>
  host.violations.filter((v) => v.severity === severity).map((v) => v.rule);

const clusters = () => ({
  backend: upstream().reply(200, { body: "ok" }),
  auth: upstream().after(5).reply(200),
});

describe("what kills a real Envoy is a fatal violation", () => {
  const strict = "error";

  test.each<[string, Script, string]>([
    ["a reply in on_log", { log: "reply 403 no" }, "S04"],
    ["gRPC to an empty service", { request_headers: "grpc  S M 0" }, "S13"],
    ["continue(1) in request headers", { request_headers: "cont 1" }, "S32"],
    ["continue(1) in the request body", { "request_body#1": "cont 1" }, "S32"],
  ])("%s", async (_name, script, rule) => {
    await using host = await probeHost(script, { strict, clusters: clusters() });
    await host.fetch("http://a.test/", { body: "x" });
    expect(rules(host, "fatal")).toEqual([rule]);
    expect(host.failingViolations().map((v) => v.rule)).toContain(rule);
  });

  test("continue(1) in a call-out while the request waits", async () => {
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", http_call: "eff; cont 1; cont 0" },
      { strict, clusters: clusters() },
    );
    await host.fetch("http://a.test/").advance(5);
    expect(rules(host, "fatal")).toEqual(["S32"]);
    expect(host.violations.find((v) => v.rule === "S32")?.callback).toMatch(/http_call_response/);
  });

  test("continue(1) is no crash once the response has begun", async () => {
    await using host = await probeHost(
      { response_headers: "call auth / 0; ret 4", http_call: "eff; cont 1" },
      { strict, clusters: clusters() },
    );
    expect((await host.fetch("http://a.test/").advance(5)).text()).toBe("ok");
    expect(host.failingViolations()).toEqual([]);
  });

  test("gRPC to a cluster by its name is none either", async () => {
    const frame = Uint8Array.of(0, 0, 0, 0, 0);
    const auth = upstream().reply(200, { chunks: [frame], trailers: { "grpc-status": "0" } });
    await using host = await probeHost(
      { request_headers: "grpc auth S M 0" },
      { strict, clusters: { ...clusters(), auth } },
    );
    await host.fetch("http://a.test/");
    expect(rules(host, "fatal")).toEqual([]);
  });
});

describe("a root has no stream", () => {
  test.each([
    ["reply", "reply 401 no", "send_local_response"],
    ["continue of the request", "cont 0", "continue_stream"],
    ["continue of the response", "cont 1", "continue_stream"],
    ["close of the request", "close 0", "close_stream"],
    ["close of the response", "close 1", "close_stream"],
  ])("%s: Ok, no effect, S05", async (_name, op, call) => {
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", "http_call#1": op },
      { clusters: clusters(), strict: "error" },
    );
    const stream = host.stream("GET http://a.test/");
    await stream.headers({ end: true });
    await host.clock.advance(5);
    expect(lines(host)).toContain(`http_call ${op} = 0`);
    expect(host.failingViolations().map((v) => v.rule)).toContain("S05");
    expect(host.violations.find((v) => v.rule === "S05")?.message).toContain(call);
    expect(host.clusters["backend"]!.requests).toHaveLength(0);
    await stream.abort();
  });

  test.each([
    ["cont 3", 12],
    ["cont 4", 2],
    ["close 4", 2],
  ])("%s is refused with %i and breaks no rule", async (op, status) => {
    await using host = await probeHost(
      { request_headers: "call auth / 0; ret 4", "http_call#1": `${op}; eff; cont 0` },
      { clusters: clusters(), strict: "error" },
    );
    await host.fetch("http://a.test/").advance(5);
    expect(lines(host)).toContain(`http_call ${op} = ${status}`);
    expect(host.violations.map((v) => v.rule)).not.toContain("S05");
  });
});
