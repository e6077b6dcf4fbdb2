import { buildPlugin as buildEntry } from "../sdk/build.js";

/** Compiles `driver/<name>.ts` as the build does a plugin; answers the path of the module. */
export async function buildPlugin(name: string, host: "higress" | "envoy"): Promise<string> {
  return await buildEntry(`test/unit/kit/driver/${name}.ts`, { higress: host === "higress" });
}
