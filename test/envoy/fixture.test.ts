import { buildFixture } from "../scenario/fixture/build.js";
import { runGoldensInEnvoy } from "./golden.js";

runGoldensInEnvoy("test/scenario/fixture/golden", {
  plugin: "guard",
  wasmFile: () => "build/unit/fixture-guard.wasm",
  prepare: async () => void (await buildFixture("guard")),
  writes: true,
});
