import { type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { gateway } from "./support.js";

// Streams of OpenAI's responses say their texts twice: in pieces, and in whole.

const PHONE = "13812345678";
const MASKED = "[[PHONE_CN_1]]";
const REFUSED = "from-security-guard";
const RULES = [
  { name: "forbidden", words: ["weapon"] },
  { name: "phones", builtin: "phone_cn", action: "mask" },
] as Json;

async function streamed(events: string[]): Promise<string> {
  const answer = { type: "text/event-stream", body: events.join("") };
  const host = await gateway("envoy", { rules: RULES }, answer);
  const headers = { "content-type": "application/json" };
  const body = '{"stream":true,"input":"hi"}';
  const url = "http://a.test/v1/responses";
  return (await host.fetch(url, { method: "POST", headers, body }).settle()).text();
}

/** Events of OpenAI's responses that say a text in pieces, and the one that says all of it. */
const SPOKEN: Record<string, [string, Json, (text: string) => Json]> = {
  "a refusal": [
    "response.refusal.delta",
    { output_index: 0, content_index: 0 },
    (text) => ({ type: "response.refusal.done", refusal: text }),
  ],
  "a summary of thoughts": [
    "response.reasoning_summary_text.delta",
    { output_index: 0, summary_index: 0 },
    (text) => ({ type: "response.reasoning_summary_text.done", text }),
  ],
  "arguments for a server of tools": [
    "response.mcp_call_arguments.delta",
    { output_index: 1 },
    (text) => ({ type: "response.mcp_call_arguments.done", arguments: text }),
  ],
  "a response that breaks off": [
    "response.output_text.delta",
    { output_index: 0, content_index: 0 },
    (text) => ({
      type: "response.incomplete",
      response: { output: [{ content: [{ type: "output_text", text }] }] },
    }),
  ],
  "a response that fails": [
    "response.output_text.delta",
    { output_index: 0, content_index: 0 },
    (text) => ({
      type: "response.failed",
      response: { output: [{ content: [{ type: "output_text", text }] }] },
    }),
  ],
};

describe("streams of OpenAI's responses", () => {
  const data = (value: Json) => `data: ${JSON.stringify(value)}\n\n`;

  test.each(Object.entries(SPOKEN))("%s", async (_place, [type, places, whole]) => {
    const piece = (text: string) => data({ type, ...(places as object), delta: text });
    const refused = await streamed([piece("a wea"), piece("pon"), data(whole("a weapon"))]);
    expect(refused).toContain(REFUSED);
    expect(refused).not.toContain('"pon"');
    // In quotes, because arguments are JSON.
    const said = `"call ${PHONE}."`;
    const masked = await streamed([piece('"call 138'), piece('12345678."'), data(whole(said))]);
    expect(masked).not.toContain("12345678");
    expect(masked).toContain(data(whole(`"call ${MASKED}."`)));
    // A text that was not said in pieces is read for itself.
    expect(await streamed([data(whole("a weapon"))])).toContain(REFUSED);
    const passed = [piece("a flo"), piece("wer"), data(whole("a flower"))];
    expect(await streamed(passed)).toBe(passed.join(""));
  });

  test("a text that is too long to be known again is judged once more", async () => {
    const [type, places, whole] = SPOKEN["a refusal"]!;
    const piece = (text: string) => data({ type, ...(places as object), delta: text });
    const long = "x ".repeat(1 << 15);
    const pieces = Array<string>(20).fill(piece(long));
    const all = `${long.repeat(20)}call ${PHONE}.`;
    const got = await streamed([...pieces, piece(`call ${PHONE}.`), data(whole(all))]);
    expect(got).not.toContain(PHONE);
    expect(got.split(MASKED).length).toBe(3);
  });
});
