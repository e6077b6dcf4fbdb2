import { afterEach, expect, test } from "vitest";
import { openHosts, recentHosts } from "../harness/src/kit/open-hosts.js";
import { probeHost } from "../unit/harness/probe.js";

// Counts the hosts that are open in its process, so it stands among the files that have one each.
// Runs after the setup's own hook below it: hooks run last in, first out.
afterEach(() => {
  expect(openHosts.size).toBe(0);
  expect(recentHosts.size).toBe(0);
});
await import("../harness/src/vitest/setup.js");

test("a host left open is checked and closed after the test", async () => {
  const host = await probeHost({}, { strict: "error" });
  expect((await host.fetch("http://a.test/")).status).toBe(200);
  expect(openHosts.has(host)).toBe(true);
});

test("a closed host waits for its check", async () => {
  const host = await probeHost({}, { strict: "error" });
  await host.close();
  expect(recentHosts.has(host)).toBe(true);
});
