import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import { ask, gatewayOn, isHit, JSON_TYPE, MEMORY, question } from "./support.js";

// Answers of other protocols, read by configured paths: calls of tools, and answers that were cut short.

const CALL = { name: "f", args: {} };
const dashscope = (finish_reason: string, more = {}) => ({
  output: { choices: [{ finish_reason, message: { content: "half a", ...more } }] },
});
const gemini = (finishReason: string, more: object[] = []) => ({
  candidates: [{ content: { parts: [{ text: "half a" }, ...more] }, finishReason }],
});
const ollama = (done_reason: string, more = {}) => ({
  message: { role: "assistant", content: "half a", ...more },
  done: true,
  done_reason,
});
const [DASHSCOPE, GEMINI, OLLAMA] = [
  "output.choices.0.message.content",
  "candidates.0.content.parts.0.text",
  "message.content",
];

describe.each(BUILDS)("%s", (build) => {
  test.each([
    ["DashScope", DASHSCOPE, dashscope("stop"), ""],
    ["DashScope", DASHSCOPE, dashscope("null"), ""],
    ["DashScope", DASHSCOPE, { output: { text: "a", finish_reason: "length" } }, "finish"],
    ["DashScope", DASHSCOPE, dashscope("length"), "finish"],
    ["DashScope", DASHSCOPE, dashscope("stop", { tool_calls: [CALL] }), "tool"],
    ["Gemini", GEMINI, gemini("STOP"), ""],
    ["Gemini", GEMINI, gemini("MAX_TOKENS"), "finish"],
    ["Gemini", GEMINI, gemini("STOP", [{ functionCall: CALL }]), "tool"],
    ["Ollama", OLLAMA, ollama("stop"), ""],
    ["Ollama", OLLAMA, ollama("length"), "finish"],
    ["Ollama", OLLAMA, ollama("stop", { tool_calls: [CALL] }), "tool"],
  ])("%s, %s: %j is not stored for %j", async (_who, cacheValueFrom, answer, reason) => {
    const body = JSON.stringify(answer);
    const backend = upstream().reply(200, { headers: JSON_TYPE, body });
    const config = { ...MEMORY, cacheValueFrom };
    const host = await gatewayOn(build, config, {
      clusters: { backend },
    });
    await ask(host, question("q"));
    expect(isHit(await ask(host, question("q")))).toBe(reason === "");
    if (reason !== "") expect(host.metrics.all[`ai_cache_store_skipped_${reason}`]).toBe(2);
    await host.close();
  });

  test("a picture is no answer, whatever its bytes", async () => {
    const body = '{"choices":[{"message":{"content":"a"}}]}';
    for (const [type, stored] of [
      ["application/pdf", false],
      ["image/png", false],
      ["text/plain", true],
      ["application/vnd.api+json", true],
    ] as const) {
      const headers = { "content-type": type };
      const backend = upstream().reply(200, { headers, body });
      const host = await gatewayOn(build, MEMORY, { clusters: { backend } });
      await ask(host, question("q"));
      expect([type, isHit(await ask(host, question("q")))]).toEqual([type, stored]);
      await host.close();
    }
  });
});
