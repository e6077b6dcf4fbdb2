import { upstream, type ClientResponse } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import {
  ask,
  completion,
  gatewayOn,
  isHit,
  JSON_TYPE,
  MEMORY,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// Answers of which only a part was read, or that could not be replayed as they are.

const event = (data: object | string) =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const piece = (content: unknown, more = {}) =>
  event({ choices: [{ delta: { content }, ...more }] });
const DONE = event("[DONE]");
const PARTS = [
  { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
  { type: "text", text: "42" },
];

describe.each(BUILDS)("on %s", (build) => {
  /** Asks twice. @returns why the answer was not stored; "hit": it was */
  async function storedAs(
    answer: { headers: Record<string, string>; body: string },
    config: object = {},
  ): Promise<string> {
    const backend = upstream().reply(200, answer);
    const host = await gatewayOn(build, { ...MEMORY, ...config }, { clusters: { backend } });
    const body = question("q", { stream: answer.headers === SSE_TYPE });
    await ask(host, body);
    const reply: ClientResponse = await ask(host, body);
    const reason = Object.keys(host.metrics.all).find((name) => name.includes("_skipped_"));
    await host.close();
    return isHit(reply) ? "hit" : String(reason?.replace(/.*_skipped_/, ""));
  }

  const OLLAMA = { cacheValueFrom: "message.content" };
  const line = (content: string, done: boolean) =>
    `${JSON.stringify({ message: { role: "assistant", content }, done })}\n`;

  test.each([
    ["one document", line("The answer", true), "hit"],
    ["blanks behind it", `${line("The answer", true)} \r\n\t`, "hit"],
    ["the first of several", line("The", false) + line(" answer", true), "incomplete"],
    ["something behind it", `${line("The answer", true)}x`, "incomplete"],
  ])("%s", async (_what, body, expected) => {
    const headers = { "content-type": "application/x-ndjson" };
    expect(await storedAs({ headers, body }, OLLAMA)).toBe(expected);
  });

  test.each<[string, string, object, string]>([
    ["a whole stream", piece("a") + piece("b") + DONE, {}, "hit"],
    ["a last event without its blank line", piece("a") + piece("b").trimEnd(), {}, "hit"],
    ["one that is cut in its text", piece("a") + piece("bcd").slice(0, -8), {}, "incomplete"],
    ["one cut behind its text", piece("a") + piece("b").slice(0, -5), {}, "incomplete"],
    [
      "the same inside of a stream",
      `${piece("a").slice(0, -5)}\n\n${piece("b")}${DONE}`,
      {},
      "incomplete",
    ],
    [
      "cut behind its finish reason",
      `${piece("a")}data: {"choices":[{"finish_reason":"stop","delta":{"content":"the e`,
      {},
      "incomplete",
    ],
    [
      "cut, of a protocol of its own",
      `${event({ text: "a" })}data: {"text":"half of a`,
      { cacheStreamValueFrom: "text" },
      "incomplete",
    ],
    ["what is no JSON at all", `${piece("a")}data: ping\n\n${DONE}`, {}, "hit"],
  ])("%s", async (_what, body, config, expected) => {
    expect(await storedAs({ headers: SSE_TYPE, body }, config)).toBe(expected);
    const structured = { ...config, replay: "structured" };
    expect(await storedAs({ headers: SSE_TYPE, body }, structured)).toBe(expected);
  });

  test.each(["template", "structured"])("thoughts and text in a list: %s", async (replay) => {
    const message = { role: "assistant", content: PARTS };
    const body = JSON.stringify({ choices: [{ message, finish_reason: "stop" }] });
    expect(await storedAs({ headers: JSON_TYPE, body }, { replay })).toBe("type");
    const streamed = piece([PARTS[0]]) + piece("42") + DONE;
    expect(await storedAs({ headers: SSE_TYPE, body: streamed }, { replay })).toBe("type");
    // A path that says where the text is.
    const cacheValueFrom = 'choices.0.message.content.#(type=="text").text';
    expect(await storedAs({ headers: JSON_TYPE, body }, { replay, cacheValueFrom })).toBe("hit");
  });

  test.each([
    [
      "Cohere",
      { message: { content: [{ type: "text", text: "a" }] }, finish_reason: "stop" },
      "hit",
    ],
    [
      "Cohere, cut",
      { message: { content: [{ type: "text", text: "a" }] }, finish_reason: "MAX_TOKENS" },
      "finish",
    ],
  ])("%s", async (_who, answer, expected) => {
    const config = { cacheValueFrom: "message.content.0.text" };
    const body = JSON.stringify(answer);
    expect(await storedAs({ headers: JSON_TYPE, body }, config)).toBe(expected);
  });

  test.each([
    ["end_turn", [{ text: "a" }], "hit"],
    ["max_tokens", [{ text: "a" }], "finish"],
    ["end_turn", [{ text: "a" }, { toolUse: { name: "f" } }], "tool"],
  ])("Bedrock: %s %j", async (stopReason, content, expected) => {
    const config = { cacheValueFrom: "output.message.content.0.text" };
    const body = JSON.stringify({ output: { message: { content } }, stopReason });
    expect(await storedAs({ headers: JSON_TYPE, body }, config)).toBe(expected);
  });

  test("members without end: the answer is not stored, and little is kept of it", async () => {
    const many = Array<string>(100_000).fill('"content":"x"').join();
    const message = `{"choices":[{"message":{${many}}}]}`;
    const root = `{${Array<string>(100_000).fill('"delta":{}').join()},${completion("x").slice(1)}`;
    for (const body of [message, root]) {
      expect(await storedAs({ headers: JSON_TYPE, body })).toBe("size");
    }
    const body = `data: {"choices":[{"delta":{${many}}}]}\n\n${DONE}`;
    expect(await storedAs({ headers: SSE_TYPE, body }, { replay: "structured" })).toBe("size");
  });

  test("an answer is that of the model which the path names", async () => {
    let count = 0;
    const backend = upstream().handle(() => ({
      status: 200,
      headers: JSON_TYPE,
      body: completion(`answer ${++count}`),
    }));
    const host = await gatewayOn(build, MEMORY, { clusters: { backend } });
    const at = async (path: string) => {
      const messages = [{ role: "user", content: "q" }];
      const body = JSON.stringify({ messages });
      return textOf(await host.fetch(path, { method: "POST", headers: JSON_TYPE, body }).settle());
    };
    const azure = (name: string) => `/openai/deployments/${name}/chat/completions`;
    expect(await at(azure("large"))).toBe("answer 1");
    expect(await at(`${azure("large")}?api-version=2024-10-21`)).toBe("answer 1");
    expect(await at(azure("small"))).toBe("answer 2");
    expect(await at("/model/small/converse")).toBe("answer 3");
    expect(await at("/v1beta/models/small:generate")).toBe("answer 4");
    expect(await at("/v1/chat/completions")).toBe("answer 5");
    expect(await at("/other/chat/completions")).toBe("answer 5");
    expect(await at("/v1/messages/?beta=true")).toBe("answer 6");
    expect(host.metrics.all["ai_cache_bypass"]).toBe(1);
    await host.close();
  });
});
