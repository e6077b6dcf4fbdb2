import { upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { ask, gateway, isHit, JSON_TYPE, MEMORY, question, SSE_TYPE, textOf } from "./support.js";

// An answer that says something twice: text and finish reason count as they are said first, as with the
// peer; a call of a tool or an error counts wherever it is.

const CALLS = '"tool_calls":[{"id":"1"}]';
const message = (members: string) => `{"choices":[{"message":{${members}}}]}`;
const delta = (members: string) => `{"choices":[{"delta":{${members}}}]}`;

/** What an answer is stored as; null: it is not. */
async function stored(body: string, type: Record<string, string>): Promise<string | null> {
  const backend = upstream().reply(200, { headers: type, body });
  const host = await gateway(MEMORY, { clusters: { backend } });
  await ask(host, question("q", { stream: type === SSE_TYPE }));
  const reply = await ask(host, question("q"));
  await host.close();
  return isHit(reply) ? textOf(reply) : null;
}

test.each<[string, string, string | null]>([
  ["content", message('"content":"a","content":"b"'), "a"],
  ["a message", '{"choices":[{"message":{"content":"a"},"message":{"content":"b"}}]}', "a"],
  ["a delta before it", '{"choices":[{"delta":{"content":"b"},"message":{"content":"a"}}]}', "a"],
  ["a delta behind it", '{"choices":[{"message":{"content":"a"},"delta":{"content":"b"}}]}', "a"],
  ["choices", `{"choices":[{"message":{"content":"a"}}],${message('"content":"b"').slice(1)}`, "a"],
  [
    "a finish reason",
    '{"choices":[{"message":{"content":"a"},"finish_reason":"stop","finish_reason":"length"}]}',
    "a",
  ],
  [
    "a finish reason, the other way round",
    '{"choices":[{"message":{"content":"a"},"finish_reason":"length","finish_reason":"stop"}]}',
    null,
  ],
  ["a message that calls", `{"choices":[{"message":{"content":"a"},"message":{${CALLS}}}]}`, null],
  [
    "choices that call",
    `{"choices":[{"message":{"content":"a"}}],${message(CALLS).slice(1)}`,
    null,
  ],
  ["calls, empty at first", message(`"content":"a","tool_calls":[],${CALLS}`), null],
  [
    "an error, null at first",
    `{"error":null,"error":{},${message('"content":"a"').slice(1)}`,
    null,
  ],
])("a document: %s", async (_what, body, expected) => {
  expect(await stored(body, JSON_TYPE)).toBe(expected);
});

test.each<[string, string, string | null]>([
  ["content", delta('"content":"a","content":"b"'), "a"],
  ["a delta", '{"choices":[{"delta":{"content":"a"},"delta":{"content":"b"}}]}', "a"],
  ["a message before it", '{"choices":[{"message":{"content":"b"},"delta":{"content":"a"}}]}', "a"],
  ["a delta that calls", `{"choices":[{"delta":{"content":"a"},"delta":{${CALLS}}}]}`, null],
])("an event: %s", async (_what, event, expected) => {
  expect(await stored(`data: ${event}\n\ndata: [DONE]\n\n`, SSE_TYPE)).toBe(expected);
});

test("what calls are called elsewhere: none of them is stored", async () => {
  const call = '{"type":"tool_use","id":"1","name":"f"}';
  const documents = [
    message('"content":"a","function_call":{"name":"f"}'),
    `{"choices":[{"message":{"content":"a"}},{"index":1,"message":{${CALLS}}}]}`,
    `{"content":[{"type":"text","text":"a"},${call}],${message('"content":"a"').slice(1)}`,
    `{"output":[{"type":"function_call"}],${message('"content":"a"').slice(1)}`,
  ];
  for (const body of documents)
    expect(`${body} ${await stored(body, JSON_TYPE)}`).toBe(`${body} null`);
  const events = [
    delta('"function_call":{"name":"f"}'),
    `{"choices":[{"index":1,"delta":{${CALLS}}}]}`,
    `{"type":"content_block_start","content_block":${call}}`,
    '{"type":"response.output_item.added","item":{"type":"function_call"}}',
  ];
  for (const event of events) {
    const body = [delta('"content":"a"'), event, '{"type":"message_stop"}', "[DONE]"];
    const stream = body.map((data) => `data: ${data}\n\n`).join("");
    expect(`${event} ${await stored(stream, SSE_TYPE)}`).toBe(`${event} null`);
  }
});
