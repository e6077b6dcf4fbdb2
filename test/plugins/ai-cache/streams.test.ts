import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import { Random } from "../../conformance/random.js";
import {
  ask,
  CHAT,
  gatewayOn,
  isHit,
  JSON_TYPE,
  MEMORY,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// What becomes of streams, chunk by chunk: the table of the contract with Higress's plugin, which
// says where ours does more and where it is more careful.

const event = (json: object) => `data: ${JSON.stringify(json)}\n\n`;
const E = (text: string) => event({ choices: [{ delta: { content: text } }] });

describe.each(BUILDS)("on %s", (build) => {
  const gateway = gatewayOn.bind(null, build);
  const K = (text: string, finish: string | null = null) =>
    event({
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta: { content: text }, finish_reason: finish }],
    });
  const D = "data: [DONE]\n\n";
  const finish = (reason: string) => event({ choices: [{ delta: {}, finish_reason: reason }] });

  /** What a stream that came in these chunks is stored as; null: it is not. */
  async function storedAs(
    chunks: string[],
    config: object = MEMORY,
    type: Record<string, string> = SSE_TYPE,
  ): Promise<string | null> {
    const backend = upstream().reply(200, { headers: type, chunks });
    const host = await gateway(config, { clusters: { backend } });
    const headers = JSON_TYPE;
    const body = question("q", { stream: true });
    const first = await host.fetch(CHAT, { method: "POST", headers, body });
    expect(first.text()).toBe(chunks.join(""));
    const reply = await ask(host, question("q"));
    const text = isHit(reply) ? textOf(reply) : null;
    await host.close();
    return text;
  }

  const table: [string, string[], string | null][] = [
    ["pieces, each in a chunk", [E("a"), E("b"), D], "ab"],
    ["pieces, an empty chunk last", [E("a"), E("b"), D, ""], "ab"],
    ["the last piece beside the end", [E("a"), E("b") + D], "ab"],
    ["all in one chunk", [E("a") + E("b") + D], "ab"],
    ["a role first", [event({ choices: [{ delta: { role: "assistant" } }] }), E("a"), D, ""], "a"],
    ["no choices first, as Azure has it", [event({ choices: [] }), E("a"), D, ""], "a"],
    ["usage between", [E("a"), event({ choices: [], usage: {} }) + E("b") + D], "ab"],
    ["no end", [E("a"), E("b")], "ab"],
    ["no end, an empty chunk last", [E("a"), E("b"), ""], "ab"],
    ["no end, of a known protocol", [K("a"), K("b")], null],
    ["a finish reason is an end", [K("a"), K("b", "stop")], "ab"],
    ["an end without its blank line", [E("a"), `${E("b")}data: [DONE]`], "ab"],
    ["the same, an empty chunk last", [E("a"), `${E("b")}data: [DONE]`, ""], "ab"],
    ["a comment", [E("a"), ": ping\n\n", E("b"), D], "ab"],
    ["an event without data", ["event: start\n\n", "data:\n\n", E("a"), D], "a"],
    ["a blank chunk behind the end", [E("a"), D, "\n"], "a"],
    ["too long", [E("a"), finish("length"), D, ""], null],
    ["filtered", [E("a"), finish("content_filter"), D], null],
    ["an error", [E("a"), event({ error: { message: "x" } }), D, ""], null],
    ["an error that is none", [E("a"), event({ error: null, choices: [] }), D, ""], "a"],
    [
      "a tool is called",
      [E("x"), event({ choices: [{ delta: { tool_calls: [{ index: 0 }] } }] }), D, ""],
      null,
    ],
    [
      "a tool is called in the last chunk",
      [E("x"), event({ choices: [{ delta: { tool_calls: [{ index: 0 }] } }] }) + D],
      null,
    ],
    ["nothing but an end", [D], null],
    [
      "line ends of all kinds",
      [E("a").replaceAll("\n", "\r\n"), E("b").replaceAll("\n", "\r"), D],
      "ab",
    ],
    ["a line end in two", ["data: " + E("a").slice(6, -2) + "\r", "\n\r", "\n" + E("b") + D], "ab"],
    ["text behind the end", [E("a"), D, E("b")], "a"],
    [
      "another choice",
      [E("a"), event({ choices: [{ index: 1, delta: { content: "b" } }] }), D],
      "a",
    ],
    [
      "Anthropic that was stopped by its length",
      [
        event({ type: "content_block_delta", delta: { text: "a" } }),
        event({ type: "message_delta", delta: { stop_reason: "max_tokens" } }),
        event({ type: "message_stop" }),
      ],
      null,
    ],
  ];

  test.each(table)("%s", async (_what, chunks, expected) => {
    expect(await storedAs(chunks)).toBe(expected);
  });

  test("a document although a stream was asked for", async () => {
    const body = JSON.stringify({
      choices: [{ delta: { content: "a" }, message: { content: "a" } }],
    });
    expect(await storedAs([body], MEMORY, JSON_TYPE)).toBeNull();
  });

  test("no content type counts as a stream, when one was asked for", async () => {
    expect(await storedAs([E("a"), D], MEMORY, {})).toBe("a");
  });

  describe("with compat: peer", () => {
    const peer = { ...MEMORY, compat: "peer" };

    test.each([
      ["no end, of a known protocol", [K("a"), K("b")], "ab"],
      ["too long", [E("a"), finish("length"), D, ""], "a"],
      [
        "an error is none of peer's business, but it is ours",
        [E("a"), event({ error: {} }), D],
        null,
      ],
    ])("%s", async (_what, chunks, expected) => {
      expect(await storedAs(chunks, peer)).toBe(expected);
    });
  });

  test("Anthropic, with its paths", async () => {
    const config = { ...MEMORY, cacheStreamValueFrom: "delta.text" };
    const delta = (text: string) => event({ type: "content_block_delta", delta: { text } });
    const stop = event({ type: "message_delta", delta: { stop_reason: "end_turn" } });
    const end = event({ type: "message_stop" });
    expect(await storedAs([delta("a"), delta("b"), stop, end], config)).toBe("ab");
    expect(await storedAs([delta("a"), delta("b"), stop], config)).toBeNull();
  });

  test("what is longer than maxValueBytes is not stored, and costs no memory", async () => {
    const config = { ...MEMORY, maxValueBytes: 10 };
    expect(await storedAs([E("12345"), E("67890"), D], config)).toBe("1234567890");
    expect(await storedAs([E("12345"), E("678901"), D], config)).toBeNull();
    expect(await storedAs([`data: ${"x".repeat(200_000)}`, D], config)).toBeNull();
  });

  /** The same in chunks of up to a hundred characters. */
  function cut(body: string, random: Random): string[] {
    const characters = Array.from(body);
    const chunks: string[] = [];
    while (characters.length > 0) {
      chunks.push(characters.splice(0, 1 + random.below(100)).join(""));
    }
    return chunks;
  }

  test("whatever comes after whatever: events like the one before are read as all others", async () => {
    const random = new Random(3);
    const pick = <T>(list: T[]): T => list[random.below(list.length)]!;
    const texts = ["a", "b", "", 'q"', "back\\slash", "new\nline", "é😀", "tab\t", "x".repeat(40)];
    const raw = [
      "a\ndata: b",
      "a\rb",
      "a\\\ndata: b",
      "a\\\n\ndata: b",
      "a\\\rb",
      '\\u00e9\\n\\"',
      '"',
      "\\",
      '"},"finish_reason":"length"',
      '","x":"',
    ];
    const plain = (text: string) => event({ choices: [{ delta: { content: text } }], usage: null });
    const padded = (text: string, obfuscation: string) =>
      event({ choices: [{ delta: { content: text } }], usage: null, obfuscation });
    const thought = (reasoning_content: string, content: string | null) =>
      event({ choices: [{ delta: { reasoning_content, content } }] });
    const kinds = [
      () => plain(pick(texts)),
      () => plain(pick(texts)),
      () => padded(pick(texts), pick(texts)).repeat(2),
      () => padded(pick(texts), pick(texts)) + padded(pick(texts), "@").replace("@", pick(raw)),
      () => plain("@").replace("@", pick(raw)),
      () => E(pick(texts)),
      () => thought(pick(texts), null) + thought(pick(texts), pick([null, ...texts])),
      () => thought(pick(texts), null) + thought("@", null).replace("@", pick(raw)),
      () => event({ choices: [{ delta: { content: null } }], usage: null }),
      () => event({ choices: [{ index: 1, delta: { content: pick(texts) } }] }),
      () => ": ping\n\n",
      () => `id: 7\n${plain(pick(texts))}`,
    ];
    let kept = 0;
    for (let i = 0; i < 80; i++) {
      const body = Array.from({ length: 8 }, () => pick(kinds)()).join("") + D;
      // With a path of one's own each event is read.
      const read = { ...MEMORY, cacheToolCallsFrom: "nothing" };
      const expected = await storedAs([body], read);
      for (const chunks of [[body], cut(body, random)]) {
        expect(`${body} ${await storedAs(chunks)}`).toBe(`${body} ${expected}`);
      }
      if (expected !== null) kept++;
    }
    expect(kept).toBeGreaterThan(20);
  });
});
