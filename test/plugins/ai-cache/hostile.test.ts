import { upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { HOSTILE_BYTES } from "../../conformance/hostile-bytes.js";
import {
  ask,
  CHAT,
  completion,
  gateway,
  isHit,
  JSON_TYPE,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// What nobody sends who means well. No trap (the setup of these tests looks), no hang, and what is
// not answered from the cache arrives byte for byte.

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const one = (content: string) => `{"messages":[{"role":"user","content":${content}}]}`;

const BODIES: [string, Uint8Array][] = [
  ["nothing", bytes("")],
  ["no UTF-8", Buffer.from(one('"\xff\xfe\xc3(\xed\xa0\x80"'), "latin1")],
  ["NUL", bytes(`${one('"a\0b"')}\0`)],
  ["a lone surrogate", bytes(one('"\\ud83d \\udc00"'))],
  ["a cut", bytes('{"messages":[{"role":"user","content":"abc')],
  ["a byte order mark", bytes(`\ufeff${one('"a"')}`)],
  ["deep lists", bytes(`{"messages":${"[".repeat(200_000)}`)],
  ["deep objects", bytes(`{"messages":[{"content":${'{"a":'.repeat(100_000)}`)],
  [
    "5000 messages",
    bytes(`{"messages":[${Array(5000).fill('{"role":"user","content":"h"}').join()}]}`),
  ],
  ["a question of 1 MB", bytes(one(`"${"é".repeat(500_000)}"`))],
  ["wrong types", bytes('{"messages":[1,null,[],{"content":7},{"content":{"a":[]}},{"role":{}}]}')],
  ["messages that are none", bytes('{"messages":{"0":{"content":"x"}},"stream":"yes","n":"x"}')],
  ["odd numbers", bytes('{"n":1e999,"temperature":-1e400,"messages":[{"content":1e5}]}')],
  ["keys with escapes", bytes('{"mess\\u0061ges":[{"c\\u006fntent":"x"}],"messages":[]}')],
  [
    "parameters without end",
    bytes(
      `{${Array.from({ length: 3000 }, (_p, i) => `"k${i}":${i}`).join()},"messages":[{"content":"x"}]}`,
    ),
  ],
];

const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const STREAMS: [string, Uint8Array][] = [
  ["no UTF-8", Buffer.from(event("\xff\xc3(") + event("\x80"), "latin1")],
  ["line feeds alone", bytes("\n".repeat(50_000))],
  ["no line feed at all", bytes("data: x".repeat(30_000))],
  ["returns alone", bytes("data: x\r\rdata: y\r\r".repeat(1000))],
  ["comments and fields", bytes(":\n:x\nfoo\nretry: 1\nid\ndata\ndata:\n\n".repeat(500))],
  ["a huge event", bytes(event("é".repeat(300_000)))],
  ["truncated JSON", bytes('data: {"choices":[{"delta":{"content":"x\n\n'.repeat(500))],
  ["deep nesting", bytes(`data: {"choices":${"[".repeat(100_000)}\n\n${event("x")}`)],
  ["wrong types", bytes('data: {"choices":[1,{"delta":[]},{"delta":{"tool_calls":[7]}}]}\n\n')],
  [
    "a message of a thousand fields",
    bytes(
      Array.from(
        { length: 1000 },
        (_f, i) => `data: {"choices":[{"delta":{"f${i}":${i % 2 ? '"x"' : "[1]"}}}]}\n\n`,
      ).join(""),
    ),
  ],
];

const CONFIGS = [
  { cache: { type: "memory" } },
  {
    cache: { type: "memory", memory: { maxEntries: 64, maxEntryBytes: 1 << 20 } },
    replay: "structured",
    streamReplay: "chunks",
    maxKeyBytes: 0,
    maxValueBytes: 0,
    cacheKeyPartition: ["system", "history", "params", "tools", "stream"],
    cacheStreamValueFrom: "choices.#.delta.content|@join",
  },
];

test.each([...BODIES, ...HOSTILE_BYTES.map((body, i) => [`rubbish ${i}`, body] as const)])(
  "a request and an answer of %s pass as they came",
  async (_what, body) => {
    for (const config of CONFIGS) {
      const backend = upstream().reply(200, { headers: JSON_TYPE, body });
      const host = await gateway(config, {
        trace: false,
        clusters: { backend },
        bufferLimitBytes: 8 << 20,
      });
      for (let i = 0; i < 2; i++) {
        const reply = await host.fetch(CHAT, { method: "POST", headers: JSON_TYPE, body }).settle();
        expect(reply.status).toBe(200);
        if (isHit(reply)) continue;
        expect(Buffer.from(reply.upstream[0]!.bytes).equals(body)).toBe(true);
        expect(Buffer.from(reply.body).equals(body)).toBe(true);
      }
      await host.close();
    }
  },
);

/** Those of `STREAMS` in which one of `CONFIGS` finds a text, which is stored. */
const STORED = ["no UTF-8", "a huge event"];

test.each([...STREAMS, ...HOSTILE_BYTES.map((body, i) => [`rubbish ${i}`, body] as const)])(
  "a stream of %s passes as it came, and what is replayed of it is well formed",
  async (what, body) => {
    let hits = 0;
    for (const config of CONFIGS) {
      const backend = upstream().reply(200, { headers: SSE_TYPE, body });
      const host = await gateway(config, { trace: false, clusters: { backend } });
      const asked = question("q", { stream: true });
      const reply = await ask(host, asked);
      expect(Buffer.from(reply.body).equals(body)).toBe(true);
      for (const again of [await ask(host, question("q")), await ask(host, asked)]) {
        if (!isHit(again)) continue;
        hits++;
        expect(() => textOf(again)).not.toThrow();
      }
      await host.close();
    }
    expect(hits > 0).toBe(STORED.includes(what));
  },
);

test("no prompt, no answer and no key stands in any line of the log", async () => {
  const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion("secret-answer") });
  for (const config of [...CONFIGS, { cache: { type: "redis-http", cluster: "gone" } }]) {
    const host = await gateway(config, { logLevel: "trace", clusters: { backend } });
    for (const body of [
      question("secret-question"),
      "secret-question",
      '{"messages":"secret-question"}',
    ]) {
      await ask(host, body, { "x-mse-consumer": "secret-consumer" });
    }
    expect(host.logs.filter(({ text }) => text.includes("secret-"))).toEqual([]);
    await host.close();
  }
});
