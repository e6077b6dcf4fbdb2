import { createHost, upstream, type Host, type Json, type PluginOptions } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
export type Build = keyof typeof PROFILES;
export const BUILDS: Build[] = ["envoy", "higress"];

export function trafficTag(config: Record<string, Json>, build: Build = "envoy"): PluginOptions {
  return { name: "traffic-tag", wasm: `build/${build}/traffic-tag.wasm`, vmId: "one", config };
}

/** A gateway with traffic-tag before an upstream `backend` that answers 200. */
export function gateway(build: Build, config: Record<string, Json>): Promise<Host> {
  return createHost({
    profile: PROFILES[build],
    plugins: [trafficTag(config, build)],
    clusters: { backend: upstream().reply(200) },
    lifecycle: "single",
    trace: false,
  });
}

/** The values of `x-tag` that the upstream sees. */
export async function tagOf(
  host: Host,
  headers: [string, string][] = [],
  path = "/",
): Promise<string> {
  const answer = await host.fetch(`http://a.test${path}`, { headers });
  const tags = answer.upstream[0]!.headers.filter(([name]) => name === "x-tag");
  return tags.map(([, value]) => value).join(" ");
}

export const tag = (
  value: string,
  more: Record<string, Json>,
): Record<string, Json> & { headerName: string; headerValue: string } => ({
  headerName: "x-tag",
  headerValue: value,
  ...more,
});
