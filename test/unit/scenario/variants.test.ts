import { describe, expect, test } from "vitest";
import { parseGoldens } from "../../scenario/markdown.js";
import { cutsOf, shapesOf } from "../../scenario/variants.js";
import type { Pieces, Scenario } from "../../scenario/scenario.js";

function read(blocks: string): Scenario {
  const markdown = `## S\n${blocks}`.replaceAll("'''", "```");
  const scenario = parseGoldens(markdown, { file: "a.md", plugin: "p" })[0];
  if (!scenario) throw new Error("no scenario");
  return scenario;
}

const POST = "'''http request\nPOST /\n\nabc\n'''\n";
const text = (pieces: Pieces | undefined) => (pieces ?? []).map((p) => Buffer.from(p).toString());

describe("the shapes of a scenario", () => {
  test("are whole, chunked, byte by byte and with trailers, over both protocols", () => {
    expect(shapesOf(read(POST)).map(({ name }) => name)).toEqual([
      "chunked",
      "every byte alone",
      "with trailers",
      "every byte alone and trailers",
      "whole over HTTP/2",
      "every byte alone over HTTP/2",
      "with trailers over HTTP/2",
      "every byte alone and trailers over HTTP/2",
    ]);
  });

  test("reshape both directions, also the answer nobody scripted", () => {
    const shape = shapesOf(read(POST)).find(({ name }) => name === "every byte alone and trailers");
    expect(text(shape?.scenario.steps[0]?.body)).toEqual(["a", "b", "c"]);
    expect(shape?.scenario.steps[0]?.trailers).toHaveLength(1);
    expect(text(shape?.scenario.answers[0]?.body)).toEqual(["o", "k"]);
    expect(shape?.scenario.answers[0]?.trailers).toHaveLength(1);
  });

  test("leave a request without body and the answers of call-outs alone", () => {
    const get = read("'''http request\nGET /\n'''\n'''http upstream auth\n200\n\nxy\n'''");
    for (const { scenario } of shapesOf(get)) {
      expect(scenario.steps[0]?.body).toBeNull();
      expect(scenario.steps[0]?.trailers).toEqual([]);
      expect(text(scenario.answers.find((a) => a.cluster === "auth")?.body)).toEqual(["xy"]);
    }
  });

  test("obey skip", () => {
    const skip = "'''yaml env\nskip: { h2: a, trailers: b, cuts: c }\n'''\n";
    expect(shapesOf(read(skip + POST)).map(({ name }) => name)).toEqual(["chunked"]);
    expect(cutsOf(read(skip + POST))).toEqual([]);
  });
});

describe("the cuts of a scenario", () => {
  test("are one per border of the longest body", () => {
    const bodies = cutsOf(read(POST)).map(({ scenario }) => text(scenario.steps[0]?.body));
    expect(bodies).toEqual([
      ["a", "bc"],
      ["ab", "c"],
    ]);
  });

  test("are spread over a body that is long", () => {
    const long = read(`'''http request\nPOST /\n\n${"x".repeat(5000)}\n'''`);
    const cuts = cutsOf(long);
    expect(cuts.length).toBeLessThanOrEqual(48);
    expect(cuts.length).toBeGreaterThan(44);
  });
});
