import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

// Streams in two pieces, cut at every byte, whatever ends their lines: nothing else may come out.

const STREAM = { ":status": "200", "content-type": "text/event-stream" };
const TEXT = "学😀";
const STREAMS = {
  "OpenAI's responses": [
    `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"${TEXT}"}`,
    'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r1","model":"gpt-4o","usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}}}',
  ],
  Gemini: [
    `data: {"candidates":[{"content":{"parts":[{"text":"${TEXT}"}]}}],"responseId":"r1"}`,
    'data: {"candidates":[],"modelVersion":"gemini-2.0-flash","usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15,"thoughtsTokenCount":2,"cachedContentTokenCount":4}}',
  ],
};
const LINE_ENDS = { LF: "\n", CRLF: "\r\n", CR: "\r" };

const CASES = Object.entries(STREAMS).flatMap(([api, events]) =>
  Object.entries(LINE_ENDS).map(([name, end]) => ({
    api,
    name,
    stream: Buffer.from(`${events.join("\n\n")}\n\n`.replaceAll("\n", end)),
  })),
);

test.each(CASES)("$api, lines that end with $name", ({ stream }) => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", {
    attributes: [
      { key: "answer", apply_to_log: true },
      {
        key: "text",
        value_source: "response_streaming_body",
        value: "candidates.0.content.parts.0.text",
        rule: "append",
        apply_to_log: true,
      },
    ],
  });
  /** What is written and counted of these chunks. */
  const outcome = (chunks: Buffer[]): object => {
    host.metrics.clear();
    host.exchange({ ":path": "/v1/x" }, '{"model":"m"}', STREAM, chunks);
    host.metrics.delete("ai_stat_vm_memory_bytes");
    return { log: host.properties.get("ai_log"), metrics: Object.fromEntries(host.metrics) };
  };
  const whole = outcome([stream]);
  expect(whole).toMatchObject({ log: expect.stringContaining('\\"total_token\\":15') as string });
  for (let at = 1; at < stream.length; at++) {
    expect(outcome([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual(whole);
  }
});
