import { describe, expect, test } from "vitest";
import { BareHost, type SharedData } from "./bare-host.js";

const WASM = "build/envoy/ai-statistics.wasm";
const REQUESTS = 100_000;
const JSON_TYPE = { ":status": "200", "content-type": "application/json" };
const ANSWER =
  '{"id":"c","usage":{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3},"choices":[]}';

/** How many metrics end so, and what they add up to. */
function sumOf(host: BareHost, ending: string): { series: number; sum: number } {
  const found = [...host.metrics].filter(([name]) => name.endsWith(ending));
  return { series: found.length, sum: found.reduce((sum, [, value]) => sum + value, 0) };
}

function ask(host: BareHost, consumer: string, model: string): void {
  const headers = { ":path": "/v1/chat/completions", "x-mse-consumer": consumer };
  host.exchange(headers, JSON.stringify({ model }), JSON_TYPE, [ANSWER]);
}

describe("100000 consumers and as many models", () => {
  test("make a bounded number of series, and nothing is lost", { timeout: 60_000 }, () => {
    const host = new BareHost(WASM, { metrics: { max_series: 50 } });
    for (let i = 0; i < 1000; i++) ask(host, `consumer-${i}`, `model-${i}`);
    const before = host.memoryBytes;
    for (let i = 1000; i < REQUESTS; i++) ask(host, `consumer-${i}`, `model-${i}`);
    expect(host.memoryBytes).toBe(before);
    const tokens = sumOf(host, ".metric.total_token");
    expect(tokens.sum).toBe(3 * REQUESTS);
    // Half of the 50 have a consumer; one more is for all that come later.
    expect(tokens.series).toBe(26);
    expect(sumOf(host, ".metric.llm_request_count")).toEqual({ series: 26, sum: REQUESTS });
    expect(sumOf(host, ".metric.llm_status_2xx_count")).toEqual({ series: 26, sum: REQUESTS });
    expect(sumOf(host, "ai_stat_series_overflow_count").sum).toBe(2 * (REQUESTS - 25));
    expect(host.metrics.size).toBeLessThan(300);
  });

  test("the same by default, with all metrics", { timeout: 120_000 }, () => {
    const groups = ["compat", "requests", "tokens", "latency"];
    const host = new BareHost(WASM, { metrics: { groups } });
    for (let i = 0; i < 5000; i++) ask(host, `consumer-${i}`, `model-${i}`);
    const [memory, defined] = [host.memoryBytes, host.defined.length];
    for (let i = 5000; i < REQUESTS; i++) ask(host, `consumer-${i}`, `model-${i}`);
    expect(host.memoryBytes).toBe(memory);
    expect(host.defined).toHaveLength(defined);
    // Half of the 2000 have a consumer, and the other half are of the models.
    const some = { series: 1001, sum: REQUESTS };
    for (const name of ["llm_request_count", "llm_status_2xx_count", "llm_duration_count"]) {
      expect(sumOf(host, `.metric.${name}`)).toEqual(some);
    }
    expect(sumOf(host, ".metric.total_token")).toEqual({ ...some, sum: 3 * REQUESTS });
    expect(sumOf(host, "ai_stat_series_overflow_count").sum).toBe(2 * (REQUESTS - 1000));
    // What a scrape reads: a line for each counter, and some for each histogram.
    const page = host.defined.reduce((sum, name) => sum + name.length, 0);
    expect(page).toBeLessThan(2_000_000);
  });

  test("a consumer that has a series keeps it", () => {
    const host = new BareHost(WASM, { metrics: { max_series: 2 } });
    for (const consumer of ["a", "b", "a", "c", "a"]) ask(host, consumer, "m");
    const name = (consumer: string, model: string): string =>
      `route.-.upstream.-.model.${model}.consumer.${consumer}.metric.input_token`;
    expect(host.metrics.get(name("a", "m"))).toBe(6);
    // The model is known: only who else asked it is not.
    expect(host.metrics.get(name("_overflow_", "m"))).toBe(4);
    ask(host, "a", "n");
    expect(host.metrics.get(name("_overflow_", "_overflow_"))).toBe(2);
    expect(host.metrics.has(name("b", "m"))).toBe(false);
  });
});

test("a second configuration of the VM counts on where the first one was", () => {
  const host = new BareHost(WASM, { metrics: { groups: ["compat", "requests", "latency"] } });
  ask(host, "a", "m");
  const defined = host.defined.length;
  host.configure();
  ask(host, "a", "m");
  expect(sumOf(host, ".metric.llm_request_count")).toEqual({ series: 1, sum: 2 });
  expect(sumOf(host, ".metric.total_token")).toEqual({ series: 1, sum: 6 });
  // Gateways leak memory when a metric is defined again.
  expect(host.defined).toHaveLength(defined);
});

describe("one limit for all workers of a process", () => {
  const config = { metrics: { groups: ["compat"], max_series: 30, max_series_of: "process" } };
  const consumersOf = (host: BareHost): string[] =>
    [...host.metrics.keys()].flatMap(
      (name) => /consumer\.(.*)\.metric\.total_token/.exec(name)?.[1] ?? [],
    );

  test("what one worker made is room that others lack, and totals lose nothing", () => {
    const shared: SharedData = new Map();
    const workers = [1, 2, 3].map(() => new BareHost(WASM, config, shared));
    // All workers see some consumers, and each many of its own.
    for (let i = 0; i < 300; i++) {
      const consumer = i % 2 === 0 ? `common-${i % 20}` : `own-${i}`;
      for (const host of workers.slice(0, i % 2 === 0 ? 3 : 1)) ask(host, consumer, "m");
      workers.push(workers.shift()!);
    }
    const all = new Set(workers.flatMap(consumersOf));
    expect(all.has("_overflow_")).toBe(true);
    expect(all.size).toBe(31);
    const total = workers.reduce((sum, host) => sum + sumOf(host, ".metric.total_token").sum, 0);
    expect(total).toBe(3 * (150 * 3 + 150));
    for (const host of workers) {
      // The first of all are known to everybody.
      for (let i = 0; i < 10; i += 2) expect(consumersOf(host)).toContain(`common-${i}`);
    }
  });

  test("a worker that begins later counts with what is there", () => {
    const shared: SharedData = new Map();
    const first = new BareHost(WASM, config, shared);
    for (let i = 0; i < 100; i++) ask(first, `c-${i}`, "m");
    const second = new BareHost(WASM, config, shared);
    ask(second, "c-3", "m");
    ask(second, "c-99", "m");
    expect(consumersOf(second)).toEqual(["c-3", "_overflow_"]);
    expect(shared.size).toBe(1);
  });

  test("a worker that is always too late makes no series of its own, and loses nothing", () => {
    const host = new BareHost(WASM, config, new Busy());
    ask(host, "a", "m");
    expect(consumersOf(host)).toEqual(["_overflow_"]);
    expect(sumOf(host, ".metric.total_token").sum).toBe(3);
  });
});

/** Shared data that somebody else changes after each look at it. */
class Busy extends Map<string, { data: Uint8Array; cas: number }> {
  override get(key: string): { data: Uint8Array; cas: number } | undefined {
    const found = super.get(key);
    this.set(key, { data: found?.data ?? new Uint8Array(8), cas: (found?.cas ?? 0) + 1 });
    return found;
  }
}
