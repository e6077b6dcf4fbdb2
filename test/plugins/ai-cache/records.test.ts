import { upstream, type ClientResponse } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import {
  ask,
  completion,
  gatewayOn,
  higress,
  isHit,
  JSON_TYPE,
  MEMORY,
  PEER,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// What `replay: structured` keeps of answers that lack something, or are no proper JSON.

const STRUCTURED = { ...MEMORY, replay: "structured" };
const CHUNKS = { ...STRUCTURED, streamReplay: "chunks" };

interface Completion {
  id: string;
  model: string;
  choices: { message: object; finish_reason: string }[];
  usage: object;
}

const parsed = (reply: ClientResponse) => JSON.parse(reply.text()) as Completion;

describe.each(BUILDS)("on %s", (build) => {
  const gateway = gatewayOn.bind(null, build);
  const stream = (...events: string[]) =>
    [...events, "[DONE]"].map((data) => `data: ${data}\n\n`).join("");

  /** What a model's answer comes back as. */
  async function replayed(
    body: string,
    config: object = STRUCTURED,
    wants: { stream?: boolean; gets?: boolean } = {},
  ): Promise<ClientResponse> {
    const type = wants.gets ? SSE_TYPE : JSON_TYPE;
    const backend = upstream().reply(200, { headers: type, body });
    const host = await gateway(config, { clusters: { backend } });
    await ask(host, question("q", { stream: wants.gets === true }));
    const reply = await ask(host, question("q", { stream: wants.stream === true }));
    expect(isHit(reply)).toBe(true);
    await host.close();
    return reply;
  }

  describe("a stream that is no proper JSON", () => {
    test.each([
      ["an escape that is none", '{"choices":[{"index":0,"delta":{"content":"a\\qb"}}]}', "a"],
      ["a number that is none", '{"choices":[{"index":0,"delta":{"content":"a","n":+1}}]}', "a"],
      ["a line in a string", '{"choices":[{"index":0,"delta":{"content":"a\tb"}}]}', "a\tb"],
    ])("%s: its text is kept, and every hit is JSON", async (_what, event, text) => {
      const reply = await replayed(stream(event), STRUCTURED, { gets: true });
      expect(textOf(reply)).toBe(text);
      expect(parsed(reply).id).toBe("from-cache");
    });

    test("in its usage: the message is whole, the usage is not shown", async () => {
      const body = stream(
        '{"choices":[{"index":0,"delta":{"content":"a","x":1}}]}',
        '{"choices":[],"usage":{"prompt_tokens":1,"n":"\\q"}}',
      );
      const config = { ...STRUCTURED, cachedUsage: "original" };
      const { choices, usage } = parsed(await replayed(body, config, { gets: true }));
      expect(choices[0]?.message).toEqual({ role: "assistant", content: "a", x: 1 });
      expect(usage).toEqual({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
    });
  });

  describe("what a model leaves out is said as in the templates", () => {
    const NAMELESS = { id: "from-cache", model: "from-cache" };
    const message = { role: "assistant", content: "Hi" };

    test.each([
      ["nothing but the message", { choices: [{ message }] }],
      ["empty texts", { id: "", model: "", choices: [{ message, finish_reason: "" }] }],
      ["nulls", { id: null, model: null, choices: [{ message, finish_reason: null }] }],
    ])("%s", async (_what, answer) => {
      const body = JSON.stringify(answer);
      const config = { ...STRUCTURED, cacheFinishReasons: [] };
      const document = parsed(await replayed(body, config));
      expect(document).toMatchObject({
        ...NAMELESS,
        choices: [{ message, finish_reason: "stop" }],
      });
      const event = (await replayed(body, config, { stream: true })).text();
      expect(event).toContain('"finish_reason":"stop"');
      expect(event).not.toContain('""');
      const chunks = { ...config, streamReplay: "chunks" };
      const events = (await replayed(body, chunks, { stream: true })).text();
      expect(events).toContain('"delta":{},"finish_reason":"stop"');
      expect(events.match(/"id":"from-cache".*"model":"from-cache"/g)).toHaveLength(3);
    });
  });

  test("where the text stands elsewhere, and the message says nothing, the text is kept", async () => {
    const config = { ...STRUCTURED, cacheValueFrom: "choices.0.message.reasoning_content" };
    const message = { content: null, reasoning_content: "so" };
    expect(textOf(await replayed(JSON.stringify({ choices: [{ message }] }), config))).toBe("so");
    const streamed = { ...STRUCTURED, cacheStreamValueFrom: "choices.0.delta.reasoning_content" };
    const event = JSON.stringify({ choices: [{ delta: message }] });
    expect(textOf(await replayed(stream(event), streamed, { gets: true }))).toBe("so");
  });

  test("a plain text as a model would stream it", async () => {
    const reply = await replayed(
      completion("Hello"),
      { ...MEMORY, streamReplay: "chunks" },
      { stream: true },
    );
    const data = reply.text().split("\n\n").slice(0, -1);
    expect(data.at(-1)).toBe("data: [DONE]");
    const deltas = data.slice(0, -1).map((event) => {
      const { choices } = JSON.parse(event.slice(6)) as {
        choices: { delta: object; finish_reason: string }[];
      };
      return [choices[0]?.delta, choices[0]?.finish_reason];
    });
    expect(deltas).toEqual([
      [{ role: "assistant", content: "" }, null],
      [{ content: "Hello" }, null],
      [{}, "stop"],
    ]);
  });

  test("chunks say what else a message had", async () => {
    const message = { role: "assistant", content: "Hi", reasoning_content: "so" };
    const reply = await replayed(JSON.stringify({ choices: [{ message }] }), CHUNKS, {
      stream: true,
    });
    expect(reply.text()).toContain('"delta":{"reasoning_content":"so"}');
  });

  const INDENTED = `{"choices":[{"index":0,"message":{
  "role": "assistant",

  "content": "Hi\\n there",
  "annotations": [
    { "a": "x  y" }
  ]
},"finish_reason":"stop"}],"usage":{
  "prompt_tokens": 3
}}`;

  describe("a document that came with blanks between its tokens", () => {
    test.each([
      ["one event", STRUCTURED],
      ["chunks", CHUNKS],
    ])("is a proper stream: %s", async (_how, config) => {
      const reply = await replayed(
        INDENTED,
        { ...config, cachedUsage: "original" },
        { stream: true },
      );
      const lines = reply.text().split("\n");
      expect(lines.filter((line) => line !== "" && !line.startsWith("data:"))).toEqual([]);
      expect(textOf(reply)).toBe("Hi\n there");
      expect(reply.text()).toContain('"annotations":[{"a":"x  y"}]');
    });

    test("in an event of several lines", async () => {
      const event = '{"choices":[{"delta":{"content":"Hi","annotations":[\ndata: 1]}}]}';
      const reply = await replayed(stream(event), CHUNKS, { gets: true, stream: true });
      expect(reply.text()).toContain('"annotations":[1]');
      expect(textOf(reply)).toBe("Hi");
    });
  });

  test("an answer that looks like a record is not stored: the model may say what a client wants", async () => {
    const record = {
      t: 99_999_999_999,
      message: { content: "x", tool_calls: [{ id: "1" }] },
      usage: { prompt_tokens: 9e18 },
    };
    const said = `\u0001AIC1${JSON.stringify(record)}`;
    const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion(said) });
    for (const config of [MEMORY, STRUCTURED]) {
      const host = await gateway(config, { clusters: { backend } });
      await ask(host, question("q"));
      expect(isHit(await ask(host, question("q")))).toBe(false);
      expect(host.metrics.all["ai_cache_store_skipped_mark"]).toBe(2);
      await host.close();
    }
  });

  test("no answer saves more tokens than 32 bits hold", async () => {
    const usage = '"usage":{"prompt_tokens":9000000000000000000}';
    const body = `{${completion("a").slice(1, -1)},${usage}}`;
    const backend = upstream().reply(200, { headers: JSON_TYPE, body });
    const host = await gateway(STRUCTURED, { clusters: { backend } });
    await ask(host, question("q"));
    await ask(host, question("q"));
    expect(host.metrics.all["ai_cache_saved_input_tokens"]).toBe(2_147_483_647);
    await host.close();
  });
});

describe("pieces of a text", () => {
  const pieces = async (value: Uint8Array | string) => {
    const { host, redis } = await higress({ ...PEER, streamReplay: "chunks" });
    redis.command("set", "higress-ai-cache:q", value as string);
    const reply = await ask(host, question("q", { stream: true }));
    await host.close();
    const texts = [...reply.text().matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text!);
    return texts.slice(1);
  };

  test("characters of any length are whole", async () => {
    for (const character of ["x", "é", "€", "😀"]) {
      for (const before of ["", "a", "ab", "abc"]) {
        const text = before + character.repeat(600 / Buffer.byteLength(character));
        const found = await pieces(text);
        expect(found.join("")).toBe(text);
        expect(found).toHaveLength(3);
      }
    }
  });

  test("bytes that begin no character do not each become an event", async () => {
    const found = await pieces(Buffer.alloc(2048, 0x80));
    expect(found).toHaveLength(8);
  });
});

test.each(['{"v":2,"message":{"content":"x"}}', '{"message":{"content":"x"}}', "no JSON", ""])(
  "a record that nobody can read is a miss, and replaced: %s",
  async (json) => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "higress-ai-cache:q", `\u0001AIC1${json}`);
    expect(isHit(await ask(host, question("q")))).toBe(false);
    const again = await ask(host, question("q"));
    expect([isHit(again), textOf(again)]).toEqual([true, "Hello"]);
    await host.close();
  },
);

test("what was stored before `replay` changed is answered, both ways", async () => {
  const before = await higress({ ...PEER, replay: "structured" });
  await ask(before.host, question("whole"));
  const clusters = { "outbound|6379||redis.dns": before.redis };
  const after = await higress(PEER, { clusters });
  expect(textOf(await ask(after.host, question("whole")))).toBe("Hello");
  await ask(after.host, question("text"));
  const again = await higress({ ...PEER, replay: "structured" }, { clusters });
  expect(parsed(await ask(again.host, question("text"))).id).toBe("from-cache");
  expect(isHit(await ask(again.host, question("whole")))).toBe(true);
  for (const { host } of [before, after, again]) await host.close();
});
