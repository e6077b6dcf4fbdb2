import { describe, expect, test } from "vitest";
import { checkLeaks, type Host } from "../../harness/src";
import "../../harness/src/vitest";
import { probeHost, type ProbeOptions } from "./probe";

const quiet: ProbeOptions = { trace: false, logLevel: "critical", strict: "error" };
const check = (host: Host) =>
  checkLeaks(host, () => host.fetch("http://a.test/"), { runs: 150, warmup: 50 });

describe("64 bytes a request", () => {
  test.each(["single", "envoy"] as const)("are found, lifecycle %s", async (lifecycle) => {
    const host = await probeHost({ request_headers: "leak 64" }, { ...quiet, lifecycle });
    const report = await check(host);
    expect(report).not.toHaveNoLeak();
    expect(report.perRun).toBeGreaterThan(50);
    expect(report.before).toBe(report.after); // far from the next page: memory.size shows nothing
    expect(host).toHaveViolation("S19");
    await host.close();
  });

  test("a plugin that never frees what the host gave it is found", async () => {
    // The probe's malloc is a bare heap.alloc, and nobody frees.
    const host = await probeHost({ request_headers: "get 0 :path; get 0 :authority" }, quiet);
    expect(await check(host)).not.toHaveNoLeak();
    await host.close();
  });

  test("a tick that leaks on the main thread is found", async () => {
    const script = { configure: "tick 10", tick: "leak 64" };
    const host = await probeHost(script, { ...quiet, lifecycle: "envoy" });
    const report = await checkLeaks(host, () => host.clock.advance(10), { runs: 150, warmup: 50 });
    expect(report).not.toHaveNoLeak();
    await host.close();
  });
});

test.each([
  ["nothing", { request_headers: "ret 0" }],
  ["edits", { request_headers: "add 0 x y", response_headers: "rem 2 server" }],
  ["a local reply", { request_headers: "reply 401 no" }],
  ["one block for good, at the first request", { "request_headers#1": "leak 4000" }],
])("a plugin that does not leak: %s", async (_name, script) => {
  await using host = await probeHost(script as Record<string, string>, quiet);
  expect(await check(host)).toHaveNoLeak();
  expect(host).not.toHaveViolation("S19");
});
