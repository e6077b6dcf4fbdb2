import { beforeAll, describe, expect, it } from "vitest";
import { EMBEDDINGS, floats, XFYUN, xfyunAnswer } from "./answers.js";
import { Backends } from "./backends.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const NONE = "!no embedding in the answer";
const NO_VECTORS = [[], ["1"], [1, null], [1, [2]], [{}], {}, "1,2", 7, null, true, undefined];

describe.each(EMBEDDINGS)("$type", ({ config, answer }) => {
  it("the vector is taken as it is written", () => {
    const written = "[ -0.10, 1e-7,\n0,1.00000000000000000001 ]";
    const body = JSON.stringify(answer("<here>")).replace('"<here>"', written);
    expect(backends.vector(config, body)).toBe(written);
  });

  it("anything but numbers is no vector", () => {
    for (const wrong of NO_VECTORS) {
      const body = JSON.stringify(answer(wrong)) ?? "";
      expect(backends.vector(config, body), body).toBe(body ? NONE : "!the answer is not JSON");
    }
  });

  it("only status 200 counts", () => {
    for (const status of [201, 204, 302, 400, 401, 429, 500, 502, 503]) {
      expect(backends.vector(config, answer([1]), status)).toBe(`!status ${status}`);
    }
  });

  it("errors and other documents are none", () => {
    for (const body of ['{"error":{"message":"no"}}', "{}", "3", '"x"', "null", "[]"]) {
      expect(backends.vector(config, body), body).toBe(NONE);
    }
    for (const body of ["", " ", "<html>", "{", '{"data":[', "{} x", '{"a":1,}']) {
      expect(backends.vector(config, body), body).toBe("!the answer is not JSON");
    }
  });

  it("an answer that is cut off, anywhere, holds no vector", () => {
    const body = Buffer.from(JSON.stringify(answer([0.25, -1.5e-3, 12])));
    for (let end = 0; end < body.length; end++) {
      expect(backends.vector(config, body.subarray(0, end)), String(end)).toBe(
        "!the answer is not JSON",
      );
    }
    expect(backends.vector(config, body)).toBe("[0.25,-0.0015,12]");
  });
});

it("the first vector of several counts", () => {
  const openai = EMBEDDINGS[1]?.config ?? {};
  const data = [{ embedding: [1, 2] }, { embedding: [3, 4] }];
  expect(backends.vector(openai, { data })).toBe("[1,2]");
});

it("huggingface: a list of one vector is that vector", () => {
  const config = EMBEDDINGS[5]?.config ?? {};
  expect(backends.vector(config, "[[1,2]]")).toBe("[1,2]");
  for (const body of ["[[1],[2]]", "[[[1]]]", "[[]]", "[1,[2]]"]) {
    expect(backends.vector(config, body), body).toBe(NONE);
  }
});

it("textin: an error has status 200", () => {
  const { config, answer } = EMBEDDINGS[6] ?? { config: {}, answer: () => ({}) };
  const right = answer([1]) as object;
  expect(backends.vector(config, right)).toBe("[1]");
  expect(backends.vector(config, { ...right, code: undefined })).toBe("[1]");
  for (const code of [40101, 500, "40003", null, {}]) {
    expect(backends.vector(config, { ...right, code })).toBe(NONE);
  }
});

describe("xfyun", () => {
  const read = (text: unknown, code?: unknown): string =>
    backends.vector(XFYUN, xfyunAnswer(text, code));

  it("floats become the same numbers in JSON", () => {
    expect(read(floats(0.5, -2, 0))).toBe("[0.5,-2,0]");
    const values = [0.1, 1 / 3, -1e-10, 3.4028234e38, 1e-45, 16777217, 123456.789];
    const vector = JSON.parse(read(floats(...values))) as number[];
    expect(vector).toEqual(values.map(Math.fround));
    expect(read(floats(0.1))).toBe("[0.10000000149011612]");
  });

  it("all floats survive", () => {
    const bits = new Uint32Array(2000).map((_, i) => Math.imul(i + 1, 0x9e3779b1));
    const values = [...new Float32Array(bits.buffer)].filter(Number.isFinite);
    const vector = JSON.parse(read(floats(...values))) as number[];
    expect(vector.map((value) => value + 0)).toEqual(values.map((value) => value + 0));
  });

  it("what is no array of floats is no vector", () => {
    const text = floats(1, 2);
    for (const wrong of [
      "",
      "AA==",
      "AAAAAAA=",
      text.slice(1),
      `${text}=`,
      "é",
      "A B=",
      1,
      [],
      null,
    ]) {
      expect(read(wrong), String(wrong)).toBe(NONE);
    }
    for (const odd of [NaN, Infinity, -Infinity]) expect(read(floats(1, odd))).toBe(NONE);
  });

  it("an error has status 200", () => {
    for (const code of [10163, "11200", -1]) expect(read(floats(1), code)).toBe(NONE);
    expect(backends.vector(XFYUN, { payload: { feature: { text: floats(1) } } })).toBe("[1]");
    expect(backends.vector(XFYUN, xfyunAnswer(floats(1)), 403)).toBe("!status 403");
  });

  it("an answer that is cut off, anywhere, holds no vector", () => {
    const body = Buffer.from(JSON.stringify(xfyunAnswer(floats(1, 2, 3))));
    for (let end = 0; end < body.length; end++) {
      expect(backends.vector(XFYUN, body.subarray(0, end))).toBe("!the answer is not JSON");
    }
  });
});
