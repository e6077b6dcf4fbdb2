import { beforeAll } from "vitest";
import { buildFixture } from "../../scenario/fixture/build.js";
import { runGoldens } from "../../scenario/golden.js";

beforeAll(async () => void (await buildFixture("guard")));

runGoldens("test/scenario/fixture/golden", {
  plugin: "guard",
  wasmFile: () => "build/unit/fixture-guard.wasm",
});
