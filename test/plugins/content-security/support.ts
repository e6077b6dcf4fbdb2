import { createHost, upstream, type Host, type Json, type PluginOptions } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
export type Build = keyof typeof PROFILES;
export const BUILDS: Build[] = ["envoy", "higress"];

/** Forbids, masks, restores and watches answers. */
export const LOCAL: Record<string, Json> = {
  requestScope: "all",
  onUnreadable: "pass",
  rules: [
    { name: "forbidden", words: ["weapon", "制造炸弹"], action: "block" },
    { name: "phones", builtin: "phone_cn", action: "mask", phase: "request", restore: true },
    { name: "leaks", words: ["内部代号"], action: "block", phase: "response" },
  ],
};

export function contentSecurity(
  config: Record<string, Json>,
  build: Build = "envoy",
): PluginOptions {
  const wasm = `build/${build}/content-security.wasm`;
  return { name: "content-security", wasm, vmId: "one", config };
}

/** A gateway with content-security before a model that says what it is told to. */
export function gateway(
  build: Build,
  config: Record<string, Json>,
  answer: { type: string; body: string | Uint8Array },
): Promise<Host> {
  const headers = { "content-type": answer.type };
  return createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity(config, build)],
    clusters: { backend: upstream().reply(200, { headers, body: answer.body }) },
    lifecycle: "single",
    trace: false,
  });
}
