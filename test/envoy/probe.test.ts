import { buildFixture } from "../scenario/fixture/build.js";
import { runGoldensInEnvoy } from "./golden.js";

// What Envoy itself does, recorded by UPDATE_GOLDENS=1; differential.test.ts asks the harness.
runGoldensInEnvoy("test/envoy/probe", {
  plugin: "probe",
  wasmFile: () => "build/unit/fixture-probe.wasm",
  prepare: async () => void (await buildFixture("probe")),
  h2: false,
  writes: true,
});
