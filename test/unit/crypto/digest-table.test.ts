import { createHash } from "node:crypto";
import { beforeEach, expect, it } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";

let run: Run;

beforeEach(async () => {
  run = await loadDriver("test/unit/drivers/digest-table.ts");
});

const digest = (name: string | number): Buffer =>
  createHash("sha256").update(String(name)).digest();
const find = (key: Uint8Array): string | undefined => run("find", [], key)?.toString();
const has = (key: Uint8Array): boolean => run("has", [], key)?.toString() === "true";

it("finds every digest of two thousand, and no other", () => {
  for (let i = 0; i < 2000; i++) run("add", [], digest(i), `value ${i}`);
  expect(String(run("size", []))).toBe("2000");
  for (let i = 0; i < 2000; i++) {
    expect(find(digest(i))).toBe(`value ${i}`);
    expect(String(run("valueAt", [i]))).toBe(`value ${i}`);
    expect(has(digest(`other ${i}`))).toBe(false);
    expect(find(digest(`other ${i}`))).toBeUndefined();
  }
});

it("tells digests apart that differ in a single bit, wherever it is", () => {
  const known = digest("known");
  run("add", [], known, "known");
  for (let bit = 0; bit < 256; bit++) {
    const near = Buffer.from(known);
    near[bit >> 3] = (near[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(has(near), `bit ${bit}`).toBe(false);
  }
  expect(find(known)).toBe("known");
});

it("keeps digests apart that begin alike and so want the same slot", () => {
  const alike = Array.from({ length: 40 }, (_, i) => {
    const key = Buffer.alloc(32, 7);
    key[31] = i;
    return key;
  });
  for (const [i, key] of alike.entries()) run("add", [], key, String(i));
  for (const [i, key] of alike.entries()) expect(find(key)).toBe(String(i));
});

it("a blocked digest is known but has no value; its neighbours stay", () => {
  for (let i = 0; i < 20; i++) run("add", [], digest(i), String(i));
  run("block", [], digest(7));
  run("block", [], digest("unknown"));
  expect(has(digest(7))).toBe(true);
  expect(find(digest(7))).toBeUndefined();
  expect(run("valueAt", [7])).toBeNull();
  expect(has(digest("unknown"))).toBe(false);
  expect(find(digest(8))).toBe("8");
  expect(String(run("size", []))).toBe("20");
});
