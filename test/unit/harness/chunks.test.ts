import { describe, expect } from "vitest";
import { cuts, CutDifference, fuzz, upstream, type ChunkScenario } from "../../harness/src";
import { shrink } from "../../harness/src/kit/shrink";
import { test } from "../../harness/src/vitest";
import { config, probe, type Script } from "./probe";

const STREAM = "data: é\n\ndata: [DONE]\n\n";

/** A probe under a script, with a body in both directions. */
function scenario(script: Script, more: Partial<ChunkScenario> = {}): ChunkScenario {
  return {
    host: () => ({
      plugins: [{ name: "probe", wasm: probe, config: config(script) }],
      logLevel: "error",
    }),
    target: "http://a.test/",
    request: { body: STREAM },
    response: { headers: { "content-type": "text/event-stream" }, body: STREAM },
    ...more,
  };
}

async function difference(
  of: ChunkScenario,
  options: Parameters<typeof fuzz.chunks>[1] = {},
): Promise<CutDifference> {
  const error: unknown = await fuzz.chunks(of, options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(CutDifference);
  return error as CutDifference;
}

describe("cuts", () => {
  test("every border, also inside UTF-8, data: and the blank line, however few are allowed", () => {
    const bytes = new TextEncoder().encode(STREAM);
    const singles = (borders: number) =>
      [...cuts(bytes, { borders, random: 0 })].filter((cut) => cut.length === 1).map(([at]) => at);
    expect(singles(1000)).toEqual(Array.from({ length: bytes.length - 1 }, (_, i) => i + 1));
    // 7: inside é; 1–4 and 11–14: inside data:; 9, 10, 23: at line ends.
    expect(singles(1)).toEqual([1, 2, 3, 4, 7, 9, 10, 11, 12, 13, 14, 23]);
  });

  test("random cuts follow the seed", () => {
    const list = (seed: number) => [...cuts(new Uint8Array(100), { seed, borders: 1 })];
    expect(list(5)).toEqual(list(5));
    expect(list(5)).not.toEqual(list(6));
  });

  test("shrinking keeps what is needed and no more", async () => {
    const needed =
      (...borders: number[]) =>
      (cut: readonly number[]) =>
        Promise.resolve(borders.every((at) => cut.includes(at)));
    const all = Array.from({ length: 99 }, (_, i) => i + 1);
    expect(await shrink(all, needed(42))).toEqual([42]);
    expect(await shrink(all, needed(3, 77))).toEqual([3, 77]);
  });
});

describe("a plugin that minds the borders", () => {
  test("in the request: found and shrunk to one cut", async () => {
    const found = await difference(scenario({ "request_body#3": "setbuf 0 0 0 x" }));
    expect(found.run.direction).toBe("request");
    expect(found.run.cut).toHaveLength(1);
    expect(found.message).toMatch(/trace, whole:\n[\s\S]*trace, cut:\n[\s\S]*request_body/);
    expect(found.message).toContain("upstream");
  });

  test("in the response: found, shrunk, and replayed", async () => {
    const broken = scenario({ "response_body#3": "mdef 0 c; minc 4 1" }, { request: {} });
    const found = await difference(broken);
    expect(found.run).toMatchObject({ direction: "response", shape: "h1" });
    expect(found.run.cut).toHaveLength(1);
    expect(found.expected.metrics).not.toEqual(found.actual.metrics);
    const again = await difference(broken, { seed: found.seed, replay: found.run });
    expect(again.message).toBe(found.message);
  });

  test("only in the shape that shows it", async () => {
    const trailers = scenario({ "response_body#2": "ret 0", response_trailers: "ret 0" });
    expect((await fuzz.chunks(trailers, { runs: 60 })).complete).toBe(true);
    const late = scenario({ "request_body#4": "reply 400 late" });
    expect((await difference(late, { shapes: ["h2"] })).run.shape).toBe("h2");
  });

  test("what the uncut run does wrong is an error of its own", async () => {
    const broken = scenario({ request_headers: "get 2 a" });
    await expect(fuzz.chunks(broken)).rejects.toThrow("rules broken without any cut: S08");
  });
});

describe("a plugin that does not", () => {
  test.chunks("forwards both bodies", scenario({ request_body: "ret 0" }), { runs: 150 });
  test.chunks("one host for all cuts", scenario({ request_body: "ret 0" }), {
    runs: 150,
    fresh: false,
  });

  test("the budget of runs and of time is kept", async () => {
    const of = scenario({}, { response: { body: "x".repeat(3000) }, request: {} });
    const { runs, complete } = await fuzz.chunks(of, { runs: 90, fresh: false });
    expect(complete).toBe(true);
    expect(runs).toBeLessThanOrEqual(95);
    expect(await fuzz.chunks(of, { budgetMs: 0 })).toEqual({ runs: 0, complete: false });
  });

  test("other clusters stay the scenario's", async () => {
    const auth = () => upstream().after(3).reply(204);
    const script: Script = { request_headers: "call auth / 0; ret 4", http_call: "eff; cont 0" };
    const plugin = { name: "probe", wasm: probe, config: config(script) };
    const host = () => ({ plugins: [plugin], clusters: { auth: auth() } });
    expect((await fuzz.chunks(scenario({}, { host }), { runs: 60 })).complete).toBe(true);
  });
});
