import { describe, expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

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

  test("a consumer that has a series keeps it", () => {
    const host = new BareHost(WASM, { metrics: { max_series: 2 } });
    for (const consumer of ["a", "b", "a", "c", "a"]) ask(host, consumer, "m");
    const name = (consumer: string, model: string): string =>
      `route.-.upstream.-.model.${model}.consumer.${consumer}.metric.input_token`;
    expect(host.metrics.get(name("a", "m"))).toBe(6);
    expect(host.metrics.get(name("_overflow_", "_overflow_"))).toBe(4);
    expect(host.metrics.has(name("b", "m"))).toBe(false);
  });
});
