import { expect, test } from "vitest";
import { SharedData, startWorker } from "../store/shared-data.js";

test("a million lookups of requests that look alike: nobody gets the answer to another's", async () => {
  const shared = new SharedData();
  const run = await startWorker("test/unit/ai-cache/driver/keys.ts", shared);
  let all = 0;
  let hits = 0;
  run("begin", [1]);
  while (all < 1_000_000) {
    const [hit = 0, miss = 0, wrong] = run("compete", [1000])!.toString().split(" ").map(Number);
    expect(wrong).toBe(0);
    hits += hit;
    all += hit + miss;
  }
  expect(hits).toBeGreaterThan(1000);
  expect(all).toBeGreaterThan(1_000_000);
  // However many questions: the table is as large as ever.
  expect(shared.values.size).toBeLessThanOrEqual(512 * 9 + 1);
}, 120_000);
