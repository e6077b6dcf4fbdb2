import type { Host } from "./host.js";

/** Hosts a test has not closed yet; kept only while the vitest setup is loaded. */
export const openHosts = new Set<Host>();

/** Hosts closed since the last check; kept only while the vitest setup is loaded. */
export const recentHosts = new Set<Host>();

/** Set by the vitest setup; without it closed hosts are forgotten at once and no call is timed. */
export const checking = { on: false, callTimeoutMs: 0 };
