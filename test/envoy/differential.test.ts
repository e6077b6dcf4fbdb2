import { beforeAll } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { runGoldens } from "../scenario/golden.js";

beforeAll(async () => void (await buildFixture("probe")));

// The same probes as probe.test.ts, which holds their transcripts to a real Envoy. Rules of use
// are off: probes break them on purpose.
runGoldens("test/envoy/probe", {
  plugin: "probe",
  wasmFile: () => "build/unit/fixture-probe.wasm",
  profiles: ["envoy-1.40"],
  variants: false,
  strict: false,
  writes: false,
});
