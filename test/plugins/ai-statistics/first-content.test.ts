import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

const STREAM = { ":status": "200", "content-type": "text/event-stream" };

/** Metrics after one stream of these events. */
function metricsOf(build: string, path: string, events: object[]): string {
  const host = new BareHost(`build/${build}/ai-statistics.wasm`, {
    metrics: { groups: ["latency"] },
  });
  host.nowNs = 1_000_000n; // at 0 nothing has begun
  const chunks = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  host.exchange({ ":path": path }, "{}", STREAM, chunks);
  return host.defined.join("\n");
}

const chat = (delta: object) => ({ choices: [{ delta: { role: "assistant", ...delta } }] });
const gemini = (content: object) => ({ candidates: [{ content: { role: "model", ...content } }] });
const PATHS = {
  chat: "/v1/chat/completions",
  gemini: "/v1beta/models/m:streamGenerateContent",
};
const USAGE = { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } };

// Only a stream with content has a first token; what comes before it is none.
test.each(
  ["envoy", "higress"].flatMap((build) => [
    { build, path: PATHS.chat, event: chat({ content: "", tool_calls: [] }), has: false },
    { build, path: PATHS.chat, event: chat({ content: null, reasoning_content: "" }), has: false },
    { build, path: PATHS.chat, event: chat({ content: "", tool_calls: [{ id: "c" }] }), has: true },
    { build, path: PATHS.gemini, event: gemini({}), has: false },
    { build, path: PATHS.gemini, event: gemini({ parts: [] }), has: false },
    { build, path: PATHS.gemini, event: gemini({ parts: [{ text: "a" }] }), has: true },
  ]),
)("$build: $event has content: $has", ({ build, path, event, has }) => {
  const names = metricsOf(build, path, [event, USAGE]);
  expect(names).toContain("llm_service_ms");
  expect(names.includes("llm_first_token_ms")).toBe(has);
});

test("a share of dialogues is written, that whose lots are low", () => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", {
    dialog_log: { enabled: true, sample: 0.25 },
  });
  const written: number[] = [];
  for (host.lot = 0; host.lot < 256; host.lot++) {
    host.exchange({ ":path": PATHS.chat }, "{}", { ":status": "200" }, ["{}"]);
    if (host.properties.has("ai_dialog")) written.push(host.lot);
  }
  expect(written).toEqual(Array.from({ length: 64 }, (_, i) => i));
});
