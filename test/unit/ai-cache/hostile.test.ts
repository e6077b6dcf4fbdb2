import { beforeAll, describe, expect, it } from "vitest";
import { damaged, mistyped } from "../../conformance/damage.js";
import { Random } from "../../conformance/random.js";
import { EMBEDDINGS, floats, found, XFYUN, xfyunAnswer } from "./answers.js";
import { Backends, PARTITION } from "./backends.js";
import { DATABASES } from "./databases.js";

let backends: Backends;

beforeAll(async () => {
  backends = await Backends.load();
});

const ROUNDS = 300;
const DEEP = `${"[".repeat(9000)}${"]".repeat(9000)}`;
const LETTERS = [..."aé中😀<>&\"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028\u2029\ufffd +%=~*'(){}[]"];

/** Whole ones, and ones with bytes or values out of place. */
function* answersLike(seed: number, answer: unknown): Generator<Buffer> {
  const random = new Random(seed);
  const whole = Buffer.from(JSON.stringify(answer));
  for (let i = 0; i < ROUNDS; i++) {
    if (random.chance(0.5)) yield damaged(random, whole);
    else yield Buffer.from(JSON.stringify(mistyped(random, answer)));
  }
  for (const body of ["", "\0", DEEP, "[".repeat(50_000), `{"data":${DEEP}}`])
    yield Buffer.from(body);
}

/** A trap is an exception of the driver. */
describe("no answer traps", () => {
  const services = [
    ...EMBEDDINGS.map(({ type, config, answer }) => ({ type, config, answer: answer([0.5, -1]) })),
    { type: "xfyun", config: XFYUN, answer: xfyunAnswer(floats(0.5, -1)) },
  ];

  it.each(services.map((service, seed) => ({ ...service, seed })))(
    "$type",
    ({ config, answer, seed }) => {
      let failures = 0;
      for (const body of answersLike(seed + 1, answer)) {
        const vector = backends.vector(config, body);
        if (vector.startsWith("!")) failures++;
        else expect(JSON.parse(vector)).toEqual(expect.arrayContaining([expect.any(Number)]));
      }
      expect(failures).toBeGreaterThan(50);
    },
  );

  it.each(DATABASES.map((database, seed) => ({ ...database, seed })))(
    "$type",
    ({ type, config, seed }) => {
      const mine = { text: `aicp1:${PARTITION}:Q?`, score: 0.5, answer: "é", createdAt: 1 };
      const results = [mine, { ...mine, text: "Q?" }];
      let failures = 0;
      for (const body of answersLike(seed + 1, found(type, results))) {
        for (const partition of ["", PARTITION]) {
          const nearest = backends.nearest(config, body, { partition, ttl: 60 });
          if (nearest.failure !== undefined) failures++;
          else expect(body.toString()).toContain(partition);
        }
      }
      expect(failures).toBeGreaterThan(100);
    },
  );
});

describe("no text traps, and all of it arrives", () => {
  const random = new Random(7);
  const texts = Array.from({ length: 40 }, () =>
    Array.from({ length: 1 + random.below(30) }, () => random.pick(LETTERS)).join(""),
  );
  const broken = [Buffer.from([0xff, 0x22, 0xc3]), Buffer.from("é").subarray(0, 1)];

  it.each([...EMBEDDINGS, { type: "xfyun", config: XFYUN }])("$type", ({ type, config }) => {
    const messageOf = (body: string): string => {
      if (type !== "xfyun") return body;
      const { payload } = JSON.parse(body) as { payload: { messages: { text: string } } };
      return Buffer.from(payload.messages.text, "base64").toString();
    };
    for (const text of texts) {
      const body = messageOf(backends.embed(config, text).body);
      expect(JSON.stringify(JSON.parse(body))).toContain(JSON.stringify(text));
    }
    for (const text of broken) {
      const body = messageOf(backends.embed(config, text).body);
      expect(JSON.stringify(JSON.parse(body))).toContain("\ufffd");
    }
  });

  it.each(DATABASES)("$type", ({ config }) => {
    for (const text of texts) {
      const { body } = backends.upload(config, "", {}, { question: text, answer: text });
      expect(JSON.stringify(JSON.parse(body)).split(JSON.stringify(text))).toHaveLength(3);
      backends.query(config, text);
    }
  });
});
