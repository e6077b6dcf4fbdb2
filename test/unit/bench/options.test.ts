import { describe, expect, test } from "vitest";
import { peer } from "../../bench/scenarios.js";
import { readOptions } from "../../bench/options.js";

describe("npm run bench --", () => {
  test("nothing: every row, nine rounds", () => {
    expect(readOptions([])).toEqual({
      rounds: 9,
      starts: 3,
      bursts: 4,
      requests: 5000,
      connections: 32,
      only: null,
      peers: [],
      json: null,
      curve: false,
      calls: false,
      micro: false,
    });
  });

  test("rows, and several modules of somebody else", () => {
    const args = ["--only", "empty, key-auth", "--peer", "a=a.wasm", "--peer", "b=b.wasm,b.json"];
    expect(readOptions(args)).toMatchObject({
      only: ["empty", "key-auth"],
      peers: ["a=a.wasm", "b=b.wasm,b.json"],
    });
  });

  test("an Envoy is not started more often than there are rounds", () => {
    expect(readOptions(["--rounds", "2"]).starts).toBe(2);
  });

  test.each([
    [["--rounds", "x"], '--rounds must be a whole number from 1, not "x".'],
    [["--bursts", "0"], '--bursts must be a whole number from 1, not "0".'],
    [["--requests", "1.5"], '--requests must be a whole number from 1, not "1.5".'],
    [["--nothing"], "Unknown option '--nothing'; see test/bench/README.md."],
    [["--peer"], "Option '--peer <value>' argument missing; see test/bench/README.md."],
    [["word"], expect.stringMatching(/^Unexpected argument 'word'.*; see/)],
  ])("%o is refused in one line", (args, message) => {
    expect(() => readOptions(args)).toThrow(expect.objectContaining({ name: "Problem", message }));
  });

  test.each([
    ["foo", "--peer foo: expected name=path.wasm[,config.json]"],
    ["=x.wasm", "--peer =x.wasm: expected name=path.wasm[,config.json]"],
    ["a=gone.wasm", "--peer a=gone.wasm: gone.wasm does not exist"],
    ["a=LICENSE,gone.json", "--peer a=LICENSE,gone.json: gone.json does not exist"],
  ])("--peer %s is refused in one line", (text, message) => {
    expect(() => peer(text)).toThrow(expect.objectContaining({ name: "Problem", message }));
  });
});
