import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import type { Run } from "../bytes/load.js";
import { SharedData, startWorker } from "./shared-data.js";

// Two workers over one shared data; the second does a whole operation between any two calls of the
// first. Whatever happens: an answer is one that was stored for its own digest, and bytes are bounded.

const DRIVER = "test/unit/store/driver/table.ts";
const NOW = 1_800_000_000_000;
const WAYS = 2;
const ENTRY = 8;
const BUDGET = 12;
/** All in the one set there is. */
const DIGESTS = [1, 2, 3].map((name) => {
  const bytes = createHash("sha256").update(`${name}`).digest();
  bytes.writeUInt32LE(0);
  return bytes;
});

type Operation = { what: "find" | "put" | "sweep"; key: number; value: string; at: number };

const open = (run: Run) => run("open", [WAYS, WAYS, ENTRY, BUDGET]);

/** Does it, and checks what can be said about the answer alone. */
function perform(run: Run, { what, key, value, at }: Operation): string | null {
  const digest = DIGESTS[key]!;
  if (what === "sweep") return (void run("sweep", [NOW + at]), null);
  if (what === "put") return run("put", [NOW + at, NOW + at + 5000], digest, value)!.toString();
  const found = run("find", [NOW + at], digest)?.toString() ?? null;
  // Values say whose they are.
  if (found !== null) expect(found[0]).toBe(`${key}`);
  return found;
}

function checkBounds(shared: SharedData): void {
  const directory = shared.values.get(`aic1/test/1x${WAYS}/d0`)?.data;
  if (directory !== undefined && directory.length > 0) {
    const view = new DataView(directory.buffer, directory.byteOffset);
    let accounted = 0;
    for (let way = 0; way < WAYS; way++) accounted += view.getUint32(2 + way * 32 + 24, true);
    expect(accounted).toBeLessThanOrEqual(BUDGET);
    expect(shared.metrics["test_memory_bytes"] ?? 0).toBe(accounted);
  }
  expect(shared.size("/s0.")).toBeLessThanOrEqual(WAYS * (64 + ENTRY));
  expect(shared.values.size).toBeLessThanOrEqual(1 + WAYS + 2);
}

function operations(values: string[]): Operation[] {
  const list: Operation[] = [{ what: "sweep", key: 0, value: "", at: 6000 }];
  for (const key of [0, 1, 2]) {
    list.push({ what: "find", key, value: "", at: 100 });
    list.push(
      { what: "find", key, value: "", at: 5500 },
      { what: "find", key, value: "", at: 40_000 },
    );
    for (const value of values) list.push({ what: "put", key, value: `${key}${value}`, at: 200 });
    list.push({ what: "put", key, value: `${key}late`, at: 6000 });
  }
  return list;
}

test("any operation inside any other, at every call", async () => {
  const shared = new SharedData();
  const [first, second] = [await startWorker(DRIVER, shared), await startWorker(DRIVER, shared)];
  const starts: Operation[][] = [
    [],
    [{ what: "put", key: 0, value: "0a", at: 0 }],
    [
      { what: "put", key: 0, value: "0aaaaaaa", at: 0 },
      { what: "put", key: 1, value: "1b", at: 1000 },
    ],
  ];
  let interleavings = 0;
  for (const start of starts) {
    for (const outer of operations(["c", "ccccccc"])) {
      for (const inner of operations(["d", "ddddddd"])) {
        for (let at = 0; ; at++) {
          shared.before = () => undefined;
          shared.values.clear();
          for (const name of Object.keys(shared.metrics)) shared.metrics[name] = 0;
          open(first);
          open(second);
          for (const operation of start) perform(first, operation);
          let calls = 0;
          shared.before = () => {
            if (calls++ !== at) return undefined;
            perform(second, inner);
            return undefined;
          };
          perform(first, outer);
          shared.before = () => undefined;
          if (calls <= at) break;
          interleavings++;
          checkBounds(shared);
          for (const key of [0, 1, 2]) perform(first, { what: "find", key, value: "", at: 7000 });
          // Nothing is stuck.
          for (const [key, run] of [
            [0, first],
            [2, second],
          ] as const) {
            const value = `${key}end`;
            expect(perform(run, { what: "put", key, value, at: 8000 })).toBe("0");
            expect(perform(first, { what: "find", key, value: "", at: 8000 })).toBe(value);
            checkBounds(shared);
          }
        }
      }
    }
  }
  expect(interleavings).toBeGreaterThan(2500);
});

test("a hundred thousand random operations of three workers, nested at random", async () => {
  const shared = new SharedData();
  const workers = await Promise.all([1, 2, 3].map(() => startWorker(DRIVER, shared)));
  workers.forEach(open);
  const random = new Random(7);
  let clock = 0;
  let depth = 0;
  let hits = 0;
  const step = (run: Run): void => {
    clock += random.below(400);
    const key = random.below(3);
    const what = (["find", "find", "put", "put", "sweep"] as const)[random.below(5)]!;
    const value = `${key}${"x".repeat(random.below(ENTRY))}`;
    const found = perform(run, { what, key, value, at: clock });
    if (what === "find" && found !== null) hits++;
  };
  shared.before = () => {
    // Each worker does one thing at a time.
    if (depth < 2 && random.below(12) === 0) {
      depth++;
      step(workers[depth]!);
      depth--;
    }
    return random.below(40) === 0 ? true : undefined;
  };
  for (let i = 0; i < 100_000; i++) {
    step(workers[0]!);
    if (i % 1000 === 0) checkBounds(shared);
  }
  expect(hits).toBeGreaterThan(1000);
});
