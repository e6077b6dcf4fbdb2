import { buildPlugin as buildEntry } from "../sdk/build.js";

/** Compiles the driver as the build does a plugin; answers the path of the module. */
export async function buildDriver(host: "higress" | "envoy"): Promise<string> {
  return await buildEntry("test/unit/store/driver/plugin.ts", { higress: host === "higress" });
}
