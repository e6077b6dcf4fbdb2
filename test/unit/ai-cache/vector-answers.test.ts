import { beforeAll, describe, expect, it } from "vitest";
import { found, type Result } from "./answers.js";
import { Backends, BORN, PARTITION } from "./backends.js";
import { DATABASES, type Database } from "./databases.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const NO_RESULTS = "no query results found in response";
const NAMES: Partial<Record<Database, string>> = {
  milvus: "Milvus",
  pinecone: "Pinecone",
  qdrant: "Qdrant",
  weaviate: "Weaviate",
};
const RIGHT: Result = { text: "Q?", score: 0.25, answer: "A." };
const OTHER = PARTITION.replaceAll("0", "f");
const marked = (question: string, partition = PARTITION): string =>
  `aicp1:${partition}:${question}`;

describe.each(DATABASES)("$type", ({ type, config }) => {
  const near = { ...config, threshold: 0.5 };
  const accepted = { text: "Q?", answer: "A.", score: 0.25, isAccepted: true };
  const missing = (what: string): object => {
    const name = NAMES[type];
    return { failure: name ? `[${name}] No ${what} found in response body` : NO_RESULTS };
  };

  it("takes the first result", () => {
    const far = { text: "far", score: 9, answer: "no" };
    expect(backends.nearest(near, found(type, [RIGHT, far]))).toEqual(accepted);
    expect(backends.nearest(near, found(type, [far, RIGHT]))).toMatchObject({
      text: "far",
      isAccepted: false,
    });
  });

  it("thresholds are read as leniently as all numbers", () => {
    const config = { type: "qdrant", serviceName: "v.dns", collectionID: "c" };
    const accepts = (threshold: unknown, score: number): unknown => {
      const vector = { ...config, threshold, thresholdRelation: "gt" };
      return backends.nearest(vector, found("qdrant", [{ text: "q", score, answer: "a" }]))
        .isAccepted;
    };
    const bounds: [unknown, number][] = [
      ["0.5", 0.5],
      ["5e-1", 0.5],
      [true, 1],
      [false, 0],
    ];
    for (const [threshold, bound] of bounds) {
      expect([accepts(threshold, bound), accepts(threshold, bound + 0.1)]).toEqual([false, true]);
    }
    // Nobody chose one: nothing of a database of similarities is near enough.
    for (const nothing of ["", null]) expect(accepts(nothing, 2000)).toBe(false);
    expect(backends.configure({ vector: { ...config, threshold: "" } })).toContain("not set");
  });

  it("thresholds in all four directions", () => {
    const accepts = (thresholdRelation: string, threshold: number, score: number): unknown =>
      backends.nearest(
        { ...config, thresholdRelation, threshold },
        found(type, [{ ...RIGHT, score }]),
      ).isAccepted;
    const rows: [relation: string, below: boolean, equal: boolean, above: boolean][] = [
      ["lt", true, false, false],
      ["lte", true, true, false],
      ["gt", false, false, true],
      ["gte", false, true, true],
    ];
    for (const [relation, below, equal, above] of rows) {
      for (const threshold of [0, 0.5, -1, 1000]) {
        expect(accepts(relation, threshold, threshold - 0.125)).toBe(below);
        expect(accepts(relation, threshold, threshold)).toBe(equal);
        expect(accepts(relation, threshold, threshold + 0.125)).toBe(above);
      }
    }
  });

  it("without a threshold: distances below 1000, similarities never", () => {
    const isDistance = ["chroma", "weaviate", "dashvector"].includes(type);
    const result = found(type, [RIGHT]);
    const bare = { ...config, thresholdRelation: "" };
    for (const threshold of [undefined, null]) {
      expect(backends.nearest({ ...bare, threshold }, result).isAccepted).toBe(isDistance);
    }
    expect(backends.nearest({ ...bare, thresholdRelation: "gt" }, result).isAccepted).toBe(false);
    expect(backends.nearest(bare, result, { lenient: true }).isAccepted).toBe(true);
    const farther = found(type, [{ ...RIGHT, score: 1000 }]);
    expect(backends.nearest(bare, farther, { lenient: true }).isAccepted).toBe(false);
    expect(backends.nearest({ ...config, threshold: "0.5" }, result).isAccepted).toBe(true);
  });

  it("nothing near is a failure", () => {
    expect(backends.nearest(near, found(type, []))).toEqual({ failure: NO_RESULTS });
    for (const body of [
      "{}",
      "[]",
      "null",
      "3",
      '{"error":"no","code":1}',
      '{"status":{"error":"x"}}',
    ]) {
      expect(backends.nearest(near, body), body).toEqual({ failure: NO_RESULTS });
    }
    for (const body of [
      "",
      "<html>",
      '{"output":[',
      '{"a":1} x',
      Buffer.from('{"a":"\xff"}', "latin1"),
    ]) {
      expect(backends.nearest(near, body)).toEqual({ failure: "the answer is not JSON" });
    }
  });

  it("trouble is not the same as nothing near", () => {
    const other = { ...RIGHT, text: marked("of a partition") };
    for (const none of [found(type, []), {}, found(type, [other]), found(type, [RIGHT])]) {
      expect(backends.isTrouble(near, none), JSON.stringify(none)).toBe(false);
    }
    for (const trouble of ["", "{", found(type, [{ ...RIGHT, score: undefined }])]) {
      expect(backends.isTrouble(near, trouble)).toBe(true);
    }
    expect(backends.isTrouble(near, { error: "it hurts" }, 500)).toBe(true);
    expect(backends.isTrouble(near, "", 502)).toBe(true);
  });

  it("says what the first result lacks", () => {
    const lacks = (part: keyof Result): unknown =>
      backends.nearest(near, found(type, [{ ...RIGHT, [part]: undefined }, RIGHT]));
    expect(lacks("score")).toEqual(missing("distance"));
    if (type === "qdrant") expect(lacks("text")).toEqual({ ...accepted, text: "" });
    else expect(lacks("text")).toEqual(missing("question"));
    // A list of answers that lacks one has a null there.
    if (type === "chroma") expect(lacks("answer")).toEqual({ ...accepted, answer: "" });
    else expect(lacks("answer")).toEqual(missing("answer"));
  });

  it("parts of another type are missing", () => {
    for (const score of ["0.25", true, {}, [0.25], null]) {
      expect(backends.nearest(near, found(type, [{ ...RIGHT, score }]))).toEqual(
        missing("distance"),
      );
    }
    for (const wrong of [1, true, {}, ["x"]]) {
      expect(backends.nearest(near, found(type, [{ ...RIGHT, text: wrong }]))).toEqual(
        missing("question"),
      );
      expect(backends.nearest(near, found(type, [{ ...RIGHT, answer: wrong }]))).toEqual(
        missing("answer"),
      );
    }
    const infinite = JSON.stringify(found(type, [RIGHT])).replaceAll("0.25", "1e999");
    expect(backends.nearest(near, infinite)).toEqual(missing("distance"));
  });

  it("an empty answer is one: that of the neighbour is to be looked up", () => {
    for (const answer of ["", null]) {
      expect(backends.nearest(near, found(type, [{ ...RIGHT, answer }]))).toEqual({
        ...accepted,
        answer: "",
      });
    }
  });

  it("texts are unescaped", () => {
    const texts = { text: 'q"\n\\é🏔\u0000', answer: "a\t<b>&\u2028" };
    expect(backends.nearest(near, found(type, [{ ...RIGHT, ...texts }]))).toMatchObject(texts);
  });

  it("only dashvector looks at the status", () => {
    for (const status of [201, 400, 404, 500, 502]) {
      const said = backends.nearest(near, found(type, [RIGHT]), { status });
      expect(said).toEqual(type === "dashvector" ? { failure: `status ${status}` } : accepted);
    }
  });

  it("an answer that is cut off, anywhere, holds no neighbour", () => {
    const body = Buffer.from(JSON.stringify(found(type, [RIGHT])));
    for (let end = 0; end < body.length; end++) {
      expect(backends.nearest(near, body.subarray(0, end))).toEqual({
        failure: "the answer is not JSON",
      });
    }
  });

  describe("partitions", () => {
    const search = { partition: PARTITION };
    const ours = { ...RIGHT, text: marked("Q?") };

    it.each(["prefix", "filter"])(
      "the first of the same partition counts (%s)",
      (partitionMode) => {
        const searching = { ...near, partitionMode };
        const others: Result[] = [
          RIGHT,
          { ...RIGHT, text: marked("Q?", OTHER) },
          { ...RIGHT, text: `aicp1:${PARTITION}` },
          { ...RIGHT, text: `aicp1:${PARTITION}Q?` },
          { ...RIGHT, text: `aicp2:${PARTITION}:Q?` },
          { ...RIGHT, text: ` ${marked("Q?")}` },
          { ...RIGHT, text: marked("Q?").toUpperCase() },
          { ...RIGHT, text: "" },
          { ...RIGHT, score: "none" },
        ];
        const second = { ...ours, text: marked("second") };
        expect(backends.nearest(searching, found(type, [...others, ours, second]), search)).toEqual(
          accepted,
        );
        for (const other of others.slice(0, -1)) {
          expect(backends.nearest(searching, found(type, [other]), search)).toEqual({
            failure: NO_RESULTS,
          });
        }
      },
    );

    it("a farther one of the same partition is not tried", () => {
      const far = { ...ours, score: 0.75 };
      expect(backends.nearest(near, found(type, [far, ours]), search).isAccepted).toBe(false);
    });

    it("who has none gets nothing that has one", () => {
      expect(backends.nearest(near, found(type, [ours, RIGHT]))).toEqual({ failure: NO_RESULTS });
      expect(backends.nearest(near, found(type, [{ ...RIGHT, text: "aicp1:" }]))).toEqual({
        failure: NO_RESULTS,
      });
      expect(backends.nearest(near, found(type, [{ ...RIGHT, text: "aicp1" }]))).toMatchObject({
        text: "aicp1",
        isAccepted: true,
      });
    });

    it("a question may look like a mark", () => {
      const text = marked("aicp1:x:\u0000:");
      expect(backends.nearest(near, found(type, [{ ...RIGHT, text }]), search).text).toBe(
        "aicp1:x:\u0000:",
      );
    });
  });

  describe("age", () => {
    const aged = (createdAt: unknown): object => found(type, [{ ...RIGHT, createdAt }]);
    const at = (now: number, body: object, ttl = 60): unknown =>
      backends.nearest(near, body, { ttl, now }).isAccepted ?? false;

    it("entries live as long as the cache says", () => {
      expect(at(BORN + 59, aged(BORN))).toBe(true);
      expect(at(BORN + 60, aged(BORN))).toBe(false);
      expect(at(BORN + 1e6, aged(BORN), 0)).toBe(true);
      expect(at(BORN - 10, aged(BORN))).toBe(true);
    });

    it("entries that do not say how old they are live on", () => {
      expect(at(BORN + 1e6, aged(undefined))).toBe(true);
      if (type === "weaviate") return;
      for (const odd of [null, "soon", {}, [], true, -5]) {
        expect(at(BORN + 1e6, aged(odd)), JSON.stringify(odd)).toBe(true);
      }
    });

    it("an old one does not hide a young one of the same partition", () => {
      const old = { ...RIGHT, text: marked("old"), createdAt: BORN };
      const young = { ...RIGHT, text: marked("young"), createdAt: BORN + 50 };
      const search = { partition: PARTITION, ttl: 60, now: BORN + 70 };
      expect(backends.nearest(near, found(type, [old, young]), search).text).toBe("young");
    });
  });
});

it("chroma: columns of different length", () => {
  const config = { type: "chroma", serviceName: "c", collectionID: "c" };
  const read = (body: object): unknown => backends.nearest(config, body);
  expect(read({ ids: [["a"]], distances: [[]], documents: [["x"]] })).toEqual({
    failure: NO_RESULTS,
  });
  expect(read({ ids: [["a"]], distances: [[1]], documents: [[]] })).toEqual({
    failure: NO_RESULTS,
  });
  expect(read({ ids: [["a"]], distances: null, documents: [["x"]] })).toEqual({
    failure: NO_RESULTS,
  });
  expect(read({ ids: ["a"], distances: [1], documents: ["x"] })).toEqual({ failure: NO_RESULTS });
  const body = { ids: [["a"]], distances: [[1]], documents: [["x"]], metadatas: null };
  expect(read(body)).toMatchObject({ text: "a", isAccepted: true });
});

it("weaviate: another class is another collection", () => {
  const { config = {} } = DATABASES.find(({ type }) => type === "weaviate") ?? {};
  const other = { ...config, collectionID: "Other" };
  expect(backends.nearest(other, found("weaviate", [RIGHT]))).toEqual({ failure: NO_RESULTS });
  const errors = { data: { Get: { Cache_1: null } }, errors: [{ message: "no class" }] };
  expect(backends.nearest(config, errors)).toEqual({ failure: NO_RESULTS });
});
