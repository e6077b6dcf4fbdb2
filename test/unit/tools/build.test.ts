import { existsSync, writeFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import type { Compilation } from "../../../build/tools/asc.js";
import { pluginBuild } from "../../../build/tools/build.js";
import { buildModule } from "../../../build/tools/build-module.js";

vi.mock("../../../build/tools/asc.js", async (original) => ({
  ...(await original<object>()),
  compile: ({ outFile }: Compilation) => {
    writeFileSync(outFile, "half a module");
    return Promise.reject(new Error("broken off"));
  },
}));

it("a build that is broken off leaves no module that looks up to date", async () => {
  await expect(buildModule(pluginBuild("never-built", "envoy"))).rejects.toThrow("broken off");
  expect(existsSync("build/envoy/never-built.wasm")).toBe(false);
});
