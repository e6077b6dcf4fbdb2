import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { Run } from "../bytes/load.js";
import { SharedData, startWorker } from "./shared-data.js";

const DRIVER = "test/unit/store/driver/table.ts";
const NOW = 1_800_000_000_500;
const STORED = "0";
const TOO_LONG = "1";
const GIVEN_UP = "2";

let shared: SharedData;
let worker: Run;

beforeEach(async () => {
  shared = new SharedData();
  worker = await startWorker(DRIVER, shared);
});

/** A digest in a set, told from others by a number. */
function digest(name: number | string, set = 0): Buffer {
  const bytes = createHash("sha256").update(`digest ${name}`).digest();
  bytes.writeUInt32LE(set);
  return bytes;
}

const open = (run: Run, entries = 8, ways = 8, entry = 100, all = 10_000) =>
  run("open", [entries, ways, entry, all]);
const find = (key: Buffer, now = NOW, run = worker) => run("find", [now], key)?.toString() ?? null;
const put = (key: Buffer, value: string, now = NOW, expires = 0, run = worker) =>
  run("put", [now, expires], key, value)!.toString();

describe("one worker", () => {
  test("finds what it stored, and nothing else", () => {
    open(worker);
    expect(find(digest(1))).toBeNull();
    expect(put(digest(1), "one")).toBe(STORED);
    expect(find(digest(1))).toBe("one");
    expect(find(digest(2))).toBeNull();
    expect(put(digest(1), "uno")).toBe(STORED);
    expect(find(digest(1))).toBe("uno");
    expect(shared.metrics).toMatchObject({ test_memory_entries: 1, test_memory_bytes: 3 });
  });

  test("an empty payload and the longest one; a longer one is refused", () => {
    open(worker);
    for (const value of ["", "x".repeat(100)]) {
      expect(put(digest(1), value)).toBe(STORED);
      expect(find(digest(1))).toBe(value);
    }
    expect(put(digest(1), "x".repeat(101))).toBe(TOO_LONG);
  });

  test("equal tags are not enough: a slot is its digest's alone", () => {
    open(worker);
    put(digest(1), "one");
    const twin = digest(1);
    twin[31] = twin[31]! ^ 1;
    expect(find(twin)).toBeNull();
  });

  test("ends on the millisecond", () => {
    open(worker);
    put(digest(1), "one", NOW, NOW + 60_000);
    expect(find(digest(1), NOW + 59_999)).toBe("one");
    expect(find(digest(1), NOW + 60_000)).toBeNull();
    expect(shared.metrics).toMatchObject({ test_memory_entries: 0, test_memory_bytes: 0 });
    expect(shared.size("/s")).toBe(0);
  });

  test("evicts what was not asked for longest", () => {
    open(worker, 2, 2);
    put(digest(1), "one", NOW);
    put(digest(2), "two", NOW + 1000);
    expect(find(digest(1), NOW + 40_000)).toBe("one");
    put(digest(3), "three", NOW + 41_000);
    expect([1, 2, 3].map((name) => find(digest(name), NOW + 42_000))).toEqual([
      "one",
      null,
      "three",
    ]);
    expect(shared.metrics["test_memory_evictions"]).toBe(1);
  });

  test("keeps each set within its bytes", () => {
    open(worker, 8, 8, 100, 250);
    for (let i = 0; i < 5; i++) put(digest(i), String(i).repeat(100), NOW + i * 1000);
    expect([0, 1, 2, 3, 4].map((name) => find(digest(name), NOW + 9000) !== null)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(shared.metrics["test_memory_bytes"]).toBe(200);
  });

  test("gives up after four lost races, and says so", () => {
    open(worker);
    let sets = 0;
    shared.before = (call) => (call === "set" ? (sets++, true) : undefined);
    expect(put(digest(1), "one")).toBe(GIVEN_UP);
    expect(sets).toBe(4);
  });

  test("a sweep frees what nobody asks for any more", () => {
    open(worker, 512, 8, 100, 100_000);
    for (let set = 0; set < 64; set++) put(digest(set, set), "gone", NOW, NOW + 1000);
    put(digest("kept", 5), "kept");
    for (let i = 0; i < 60; i++) worker("sweep", [NOW + 2000 + i * 1000]);
    expect(shared.metrics).toMatchObject({ test_memory_entries: 1, test_memory_bytes: 4 });
    expect(find(digest("kept", 5))).toBe("kept");
  });

  test("another shape empties the table, and leaves no payload behind", () => {
    open(worker, 64, 8, 100, 10_000);
    for (let i = 0; i < 200; i++) put(digest(i, i), "x".repeat(50));
    expect(shared.size("/s")).toBeGreaterThan(0);
    open(worker, 16, 4, 100, 10_000);
    expect(shared.size("/s")).toBe(0);
    expect(shared.metrics).toMatchObject({ test_memory_entries: 0, test_memory_bytes: 0 });
    put(digest(1), "one");
    expect(find(digest(1))).toBe("one");
  });

  test("whatever another plugin wrote under its keys is no answer", () => {
    open(worker);
    put(digest(1), "one");
    for (const [key, value] of shared.values) {
      for (const junk of ["", "x", "AIC1".padEnd(80, "\0"), "\x01\x08".padEnd(258, "\xff")]) {
        shared.set(key, Buffer.from(junk, "latin1"), 0);
        expect([null, "one"]).toContain(find(digest(1)));
        put(digest(2), "two");
      }
      shared.set(key, value.data, 0);
    }
    put(digest(1), "uno");
    expect(find(digest(1))).toBe("uno");
  });

  test("makes no key of what is asked", () => {
    open(worker, 64, 8, 100, 10_000);
    for (let i = 0; i < 2000; i++) {
      put(digest(i, i), `v${i}`, NOW + i * 10, NOW + i * 10 + 5000);
      worker("claim", [NOW, NOW + 1000], digest(i, i));
      worker("sweep", [NOW + i * 1000]);
    }
    expect(shared.values.size).toBeLessThanOrEqual(8 * 9 + 256 + 2);
  });
});

describe("flight locks", () => {
  const claim = (key: Buffer, now = NOW, run = worker) =>
    run("claim", [now, now + 1000], key)!.toString();
  const LEADS = "0";
  const FOLLOWS = "1";
  const UNLOCKED = "2";

  test("one leads, others follow until it is done", () => {
    open(worker);
    expect(claim(digest(1))).toBe(LEADS);
    expect(claim(digest(1))).toBe(FOLLOWS);
    expect(worker("isHeld", [NOW], digest(1))!.toString()).toBe("yes");
    worker("release", [NOW + 999], digest(1));
    expect(claim(digest(1))).toBe(FOLLOWS);
    worker("release", [NOW + 1000], digest(1));
    expect(worker("isHeld", [NOW], digest(1))!.toString()).toBe("no");
    expect(claim(digest(1))).toBe(LEADS);
  });

  test("a dead leader blocks nobody for longer than it said", () => {
    open(worker);
    claim(digest(1));
    expect(claim(digest(1), NOW + 999)).toBe(FOLLOWS);
    expect(claim(digest(1), NOW + 1000)).toBe(LEADS);
  });

  test("another question with the same lock goes without one", () => {
    open(worker);
    claim(digest(1));
    const other = digest(2);
    other[4] = digest(1)[4]!;
    expect(claim(other)).toBe(UNLOCKED);
  });

  test("of two workers that interrupt each other at any call one leads", async () => {
    const second = await startWorker(DRIVER, shared);
    for (let at = 0; at < 4; at++) {
      shared.values.clear();
      shared.before = () => undefined;
      open(worker);
      open(second);
      let calls = 0;
      let other = "";
      shared.before = () => {
        if (calls++ === at) other = claim(digest(1), NOW, second);
        return undefined;
      };
      const own = claim(digest(1));
      shared.before = () => undefined;
      if (other === "") other = claim(digest(1), NOW, second);
      expect([own, other].sort()).toEqual([LEADS, FOLLOWS]);
    }
  });
});
