import { beforeAll, expect, test } from "vitest";
import { buildFixture } from "../../scenario/fixture/build.js";
import { parseGoldens } from "../../scenario/markdown.js";
import { playInHarness } from "../../scenario/play-harness.js";
import { renderTranscript } from "../../scenario/transcript.js";
import { cutsOf, shapesOf } from "../../scenario/variants.js";
import type { Scenario } from "../../scenario/scenario.js";

let wasm = "";
beforeAll(async () => {
  wasm = await buildFixture("guard");
});

/** The masking plugin, with a mistake or without. */
function masking(mistake: string): Scenario {
  const markdown = `## S
'''yaml config
mask: true
${mistake}
'''
'''http request
POST /
x-key: k

a secret
'''
`.replaceAll("'''", "```");
  const scenario = parseGoldens(markdown, { file: "a.md", plugin: "guard" })[0];
  if (!scenario) throw new Error("no scenario");
  return scenario;
}

async function play(scenario: Scenario): Promise<string> {
  const options = { profile: "envoy-1.40", single: true, strict: false } as const;
  const outcome = await playInHarness(scenario, { ...options, wasmFile: () => wasm });
  return renderTranscript(scenario, outcome);
}

/** Names of the shapes whose outcome is not that of the scenario as written. */
async function different(mistake: string): Promise<string[]> {
  const scenario = masking(mistake);
  const asWritten = await play(scenario);
  const names: string[] = [];
  for (const { name, scenario: variant } of [...shapesOf(scenario), ...cutsOf(scenario)]) {
    if ((await play(variant)) !== asWritten) names.push(name);
  }
  return names;
}

test("a correct plugin does the same in every shape", async () => {
  expect(await different("")).toEqual([]);
});

test("a plugin that forgets trailers is found by the shapes with trailers", async () => {
  const found = await different("trailers: forgotten");
  expect(found).toEqual([
    "with trailers",
    "every byte alone and trailers",
    "with trailers over HTTP/2",
    "every byte alone and trailers over HTTP/2",
  ]);
});

test("a plugin that looks at each chunk alone is found by the cuts inside the word", async () => {
  const found = await different("cuts: forgotten");
  expect(found).toContain("every byte alone");
  expect(found).toContain("every byte alone over HTTP/2");
  expect(found).toEqual(expect.arrayContaining([3, 4, 5, 6, 7].map((at) => `cut at ${at}`)));
  expect(found).not.toContain("cut at 1");
});
