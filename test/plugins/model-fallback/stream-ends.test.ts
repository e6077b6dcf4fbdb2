import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { nativeChain, well } from "./native-chain.js";
import { BODY, chain, SSE } from "./replay-chain.js";

// Which streams are complete, however long their last event is and wherever it is cut: nothing is
// added to those. In `native`, of the first target of `replay`, and of a later one.

const LONG = 20 * 1024;
const body = { ...BODY, stream: true };
const text = (length: number) => "wort ".repeat(length / 5);
const data = (json: string) => `data: ${json}\n\n`;
const spaced = (json: string) => json.replaceAll('":', '": ').replaceAll(',"', ', "');

const created = '{"type":"response.created","response":{"id":"r"}}';
const delta = '{"type":"response.output_text.delta","delta":"hi"}';
const ended = (type: string) =>
  `{"type":"${type}","sequence_number":9,"response":{"output":[{"text":"${text(LONG)}"}]}}`;
const chunk = (fields: string) => `{"choices":[{"delta":{"content":"hi"},${fields}}]}`;

const WHOLE: [string, string[]][] = [
  ["response.completed", [created, delta, ended("response.completed")]],
  ["response.incomplete", [created, delta, ended("response.incomplete")]],
  ["response.failed", [created, ended("response.failed")]],
  ["response.completed as only event", [ended("response.completed")]],
  ["response.completed with blanks", [created, delta, spaced(ended("response.completed"))]],
  ["message_stop", ['{"type":"message_start"}', '{"type":"message_stop"}']],
  ["message_stop with blanks", ['{"type": "message_start"}', '{"type": "message_stop"}']],
  ["a stop reason", ['{"type":"message_start"}', '{"delta":{"stop_reason":"end_turn"}}']],
  ["a finish reason", [chunk('"finish_reason":null'), chunk('"finish_reason":"stop"')]],
  ["a finish reason with blanks", [spaced(chunk('"finish_reason":"stop"'))]],
  ["[DONE]", [chunk('"finish_reason":null'), "[DONE]"]],
  ["[DONE] after a long event", [created, `{"text":"${text(LONG)}"}`, "[DONE]"]],
];
/** How other APIs end is known to nobody here. */
WHOLE.push(
  ["an image", ['{"type":"image_generation.completed","b64_json":"aGk=","usage":{}}']],
  ["a long image", [`{"type":"image_generation.partial_image","b64_json":"${"A".repeat(LONG)}"}`]],
  ["speech", ['{"type":"speech.audio.delta","audio":"aGk="}', '{"type":"speech.audio.done"}']],
  ["Gemini", ['{"candidates":[{"finishReason":"STOP"}]}']],
);
const quoted = JSON.stringify(`data: [DONE] ${ended("response.completed")}`.slice(0, 200));
const CUT: [string, string[]][] = [
  ["nothing", [created, delta]],
  [
    "a long event of another type",
    [created, `{"type":"response.output_text.done","text":"${text(LONG)}"}`],
  ],
  ["text that talks of ends", [created, `{"type":"x","delta":${quoted},"text":"${text(LONG)}"}`]],
  ["a reason that says null", [chunk('"finish_reason":"null"')]],
  ["a reason that says nothing", [chunk('"finish_reason": ""')]],
  ["reasons that are null", [chunk('"finish_reason":null,"stop_reason":null')]],
];

const FORMS: [string, (stream: string, size: number) => Promise<string>][] = [
  [
    "native",
    async (stream, size) => {
      const { ask } = await nativeChain({ models: { a: sending(stream, size), b: well("b") } });
      return (await ask({ body })).text();
    },
  ],
  [
    "replay, the first target",
    async (stream, size) =>
      (await (await chain("envoy", {}, sending(stream, size))).ask({ body })).text(),
  ],
  [
    "replay, a later target",
    async (stream, size) => {
      const { ask } = await chain("envoy", {}, upstream().reply(503), sending(stream, size));
      return (await ask({ body })).text();
    },
  ],
];

/** A model that sends a stream in pieces. */
function sending(stream: string, size: number) {
  const chunks = stream.match(new RegExp(`[^]{1,${size}}`, "g"))!;
  return upstream().reply(200, { headers: SSE, chunks, every: 1 });
}

describe.each(FORMS)("%s", (_form, ask) => {
  // Pieces of an odd size, of the size that is looked at, and all in one.
  describe.each([[777], [4096], [1 << 20]])("in pieces of %d bytes", (size) => {
    test.each(WHOLE)("%s is an end", async (_what, events) => {
      const stream = events.map(data).join("");
      expect(await ask(stream, size)).toBe(stream);
    });

    test.each(CUT)("%s is none", async (_what, events) => {
      const stream = events.map(data).join("");
      const got = await ask(stream, size);
      expect(got.slice(0, stream.length)).toBe(stream);
      expect(got.slice(stream.length)).toMatch(/^data: \{"error":.*"stream_interrupted"\}\}\n\n$/);
    });
  });
});
