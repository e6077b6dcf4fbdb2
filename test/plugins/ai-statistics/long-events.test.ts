import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

// Events that do not end: up to 1 MiB of one is kept, and a longer one is read if it comes whole.

const WASM = "build/envoy/ai-statistics.wasm";
const STREAM = { ":status": "200", "content-type": "text/event-stream" };
const MIB = 1024 * 1024;
const SERIES = "route.-.upstream.-.model.m.consumer.none.metric.";
const USAGE = '"usage":{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3}';

/** An event with usage whose beginning, up to the last byte of its text, has so many bytes. */
function event(bytes: number): [beginning: string, end: string] {
  const before = `data: {"model":"m",${USAGE},"text":"`;
  return [before + "x".repeat(bytes - before.length), '"}\n\n'];
}

function answer(chunks: string[]): BareHost {
  const host = new BareHost(WASM, {}, new Map(), 1);
  host.exchange({ ":path": "/v1/chat/completions" }, '{"model":"m"}', STREAM, chunks);
  return host;
}

test("of an event that goes on, 1 MiB is kept", () => {
  const host = answer(event(MIB));
  expect(host.metrics.get(`${SERIES}total_token`)).toBe(3);
  expect(host.metrics.has("ai_stat_body_truncated_count")).toBe(false);
  expect(host.lines.filter((line) => line.includes("discarded"))).toEqual([]);
});

test("one byte more, and it is dropped up to its end; the next one counts", () => {
  const rest = `data: {"model":"m",${USAGE.replace("2", "5")}}\n\n`;
  const host = answer([...event(MIB + 1), rest]);
  expect(host.metrics.get(`${SERIES}input_token`)).toBe(5);
  expect(host.metrics.get("ai_stat_body_truncated_count")).toBe(1);
  expect(JSON.parse(JSON.parse(`"${host.properties.get("ai_log")}"`) as string)).toMatchObject({
    body_truncated: true,
    input_token: 5,
  });
  expect(host.lines).toContain(
    "[ai-statistics] [nil] [nil] ai-statistics: sse framer discarded 1 oversized incomplete event(s) during this request",
  );
});

test("one that comes whole may be longer", () => {
  const host = answer([event(MIB * 2).join("")]);
  expect(host.metrics.get(`${SERIES}total_token`)).toBe(3);
  expect(host.metrics.has("ai_stat_body_truncated_count")).toBe(false);
});
