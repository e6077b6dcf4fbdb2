/** For `setupFiles`: matchers, and after each test a check that no plugin misbehaved. */
import { afterEach, expect } from "vitest";
import { checking, openHosts, recentHosts } from "../kit/open-hosts.js";
import "./index.js";

checking.on = true;
// The contract's default (harness.md section 2): a loop in a guest fails a test instead of hanging it.
checking.callTimeoutMs = 2000;

afterEach(async () => {
  const hosts = [...openHosts, ...recentHosts];
  openHosts.clear();
  recentHosts.clear();
  try {
    for (const host of hosts) expect(host).toHaveNoViolations();
  } finally {
    for (const host of hosts) await host.close();
    // Closing put them there again.
    recentHosts.clear();
  }
});
