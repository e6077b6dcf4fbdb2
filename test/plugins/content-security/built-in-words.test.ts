import { statSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { buildModule } from "../../../build/tools/build-module.js";
import { isModuleFresh } from "../../../build/tools/build-note.js";
import { pluginBuild } from "../../../build/tools/build.js";
import { readWords } from "../../../build/tools/asc.js";
import { runGoldens } from "../../scenario/golden.js";

const FOLDER = "test/plugins/content-security/dict";
/** As they are before their short functions are lengthened, which takes what room a budget leaves. */
const WITHOUT = {
  ...pluginBuild("content-security", "envoy"),
  outFile: ".cache/unit/content-security-short.wasm",
  lengthenTo: 0,
};
const BUILD = {
  ...WITHOUT,
  outFile: ".cache/unit/content-security-dict.wasm",
  words: `${FOLDER}/words.txt`,
};

beforeAll(async () => {
  for (const build of [WITHOUT, BUILD]) if (!isModuleFresh(build)) await buildModule(build);
}, 300_000);

runGoldens(`${FOLDER}/golden`, {
  plugin: "content-security",
  profiles: ["envoy-1.40"],
  wasmFile: () => BUILD.outFile,
});

test("a list costs its own bytes, and a build without one nothing", () => {
  const list = readWords(BUILD.words).length;
  const without = statSync(WITHOUT.outFile).size;
  const with_ = statSync(BUILD.outFile).size;
  expect(with_ - without).toBeLessThan(list + 4096);
  expect(with_ - without).toBeGreaterThan(1024);
});
