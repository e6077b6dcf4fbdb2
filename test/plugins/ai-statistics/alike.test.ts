import { expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { BareHost } from "./bare-host.js";

// Events that differ from the one before in one text only are compared, not read. A stream that comes
// byte by byte takes the other way: both must say the same.

const ROUNDS = 1000;
const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const STREAM = { ":status": "200", "content-type": "text/event-stream" };
const CONFIGURATIONS = [
  { attributes: [{ key: "answer", apply_to_log: true }] },
  { use_default_attributes: true, value_length_limit: 9 },
  {
    attributes: ["first", "replace", "append"].flatMap((rule) =>
      [
        "choices.0.delta.content",
        "choices.0.delta",
        "x",
        "obfuscation",
        "usage.total_tokens",
        "id",
      ].map((value) => ({
        key: `${rule} ${value}`,
        value_source: "response_streaming_body",
        value,
        rule,
        apply_to_log: true,
      })),
    ),
  },
  { dialog_log: { enabled: true, include_reasoning: true }, flush_last_event: true },
  {},
];

const TEXTS = ["", "a", "b", " word", '"', "\\", "\n", "é", "😀", "<b>", "data: ", "]}", "\u2028"];

/** An event of a model, most of them like the one before. */
function event(random: Random, last: string): string {
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const text = JSON.stringify(pick(TEXTS));
  const padding = JSON.stringify(pick(TEXTS));
  if (last && random.below(4))
    return last
      .replace(/("content":|"text":|"reasoning_content":)"(\\.|[^"\\])*"/, `$1${text}`)
      .replace(/("obfuscation":)"(\\.|[^"\\])*"/, `$1${padding}`);
  return pick([
    `{"id":"c","choices":[{"delta":{"content":${text}}}]}`,
    `{"id":"${pick(["c", "d"])}","model":"m","choices":[{"delta":{"content":${text}},"finish_reason":null}],"usage":null}`,
    `{"id":"c","choices":[{"delta":{"content":${text},"reasoning_content":"r"}}]}`,
    `{"id":"c","choices":[{"delta":{"content":null,"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}}]}`,
    `{"choices":[{"delta":{"content":${text}}}],"usage":{"prompt_tokens":${random.below(5)},"total_tokens":${random.below(9)}}}`,
    `{"id":"c","choices":[{"delta":{"content":${text}},"finish_reason":null}],"usage":null,"obfuscation":${padding}}`,
    `{"choices":[{"delta":{"content":null,"reasoning_content":${text}}}]}`,
    `{"choices":[{"delta":{"reasoning_content":${text}}}],"obfuscation":${padding}}`,
    `{"obfuscation":${padding},"choices":[{"delta":{"content":${text}}}]}`,
    `{"choices":[{"delta":{"content":${text}}}],"obfuscation":${padding},"obfuscation":${padding},"id":"d"}`,
    `{"choices":[{"delta":{"content":${text}}}],"obfuscation":${text}`,
    `{"x":${text},"choices":[{"delta":{"content":${text}}}]}`,
    `{"type":"content_block_delta","delta":{"text":${text}}}`,
    `{"error":${text},"choices":[{"delta":{"content":"z"}}]}`,
    `{"choices":[{"delta":{"content":${text}`,
    "[DONE]",
  ]);
}

function stream(random: Random): string[] {
  const end = ["\n\n", "\n\n", "\r\n\r\n", "\r\r", "\n\r\n"][random.below(5)]!;
  const events: string[] = [];
  let last = "";
  for (let i = random.below(12); i >= 0; i--) {
    last = event(random, last);
    events.push(`data: ${last}${random.below(12) ? end : "\n"}`);
  }
  return events;
}

/** What the plugin says of a stream, apart from times. */
function told(host: BareHost, chunks: (string | Uint8Array)[]): object {
  const before = new Map(host.metrics);
  host.exchange(REQUEST, "{}", STREAM, chunks);
  const metrics = [...host.metrics]
    .filter(([name]) => !/_(duration|ms|bytes)$/.test(name))
    .map(([name, value]) => [name, value - (before.get(name) ?? 0)])
    .filter(([, value]) => value !== 0);
  const properties = ["ai_log", "ai_dialog"].map((name) =>
    host.properties.get(name)?.replace(/(duration|ts_ms)\\":\d+/g, "$1"),
  );
  return { metrics: Object.fromEntries(metrics) as object, properties };
}

test.each(CONFIGURATIONS)("%j", (configuration) => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", configuration);
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const events = stream(new Random(seed));
    const text = events.join("");
    const bytes = Buffer.from(text);
    const single = told(
      host,
      [...bytes].map((byte) => Uint8Array.of(byte)),
    );
    expect(told(host, events), `event by event: ${text}`).toEqual(single);
    expect(told(host, [text]), `in one piece: ${text}`).toEqual(single);
    const half = new Random(seed).below(bytes.length);
    const halves = [bytes.subarray(0, half), bytes.subarray(half)];
    expect(told(host, halves), `cut at ${half}: ${text}`).toEqual(single);
  }
});
