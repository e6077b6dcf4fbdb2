import { mkdirSync } from "node:fs";
import { compile, PLUGIN_FLAGS } from "../../../build/tools/asc.js";
import { runGoldensInEnvoy } from "../../envoy/golden.js";

const MODULE = ".cache/template/template-plugin.wasm";

// The template is what every new plugin starts from: its own goldens hold in a real Envoy.
runGoldensInEnvoy("build/template/test/golden", {
  plugin: "template-plugin",
  wasmFile: () => MODULE,
  prepare: async () => {
    mkdirSync(".cache/template", { recursive: true });
    await compile({
      entry: "build/template/plugin/assembly/index.ts",
      outFile: MODULE,
      flags: PLUGIN_FLAGS,
    });
  },
  h2: false,
  writes: true,
});
