import type { Random } from "./random.js";

const SCRAPS = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "null",
  "-1e999",
  "\\u",
  "\\ud800",
  "\0",
  "\xff",
];

/** A valid answer with some of it cut out, doubled, or written over. */
export function damaged(random: Random, answer: Buffer): Buffer {
  let body = answer;
  for (let i = random.below(3); i >= 0; i--) {
    const at = random.below(body.length + 1);
    const end = Math.min(body.length, at + random.below(12));
    const scrap = random.chance(0.5)
      ? Buffer.from(random.pick(SCRAPS), "latin1")
      : body.subarray(random.below(body.length + 1));
    body = Buffer.concat([body.subarray(0, at), scrap, body.subarray(end)]);
  }
  return body;
}

/** Any value in place of any other. */
export function mistyped(random: Random, value: unknown): unknown {
  if (random.chance(0.15))
    return random.pick([null, 1, -0.5, true, "", "none", [], {}, [[]], [null]]);
  if (Array.isArray(value)) return value.map((item) => mistyped(random, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mistyped(random, item)]),
  );
}
