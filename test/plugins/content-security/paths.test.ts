import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, gateway } from "./support.js";

// APIs that nobody reads without a path: those that the README names, with the paths it names.

const RULES: Json = [{ builtin: "phone_cn", action: "mask", value: "-" }];
const PHONE = "13812345678";

interface Api {
  paths: Record<string, Json>;
  request: (text: string) => Json;
  answer: (text: string) => Json;
}

const chat = (content: string): Json => [{ role: "user", content }];
const candidate = "candidates.0.content.parts.0.text";

const APIS: Record<string, Api> = {
  Gemini: {
    paths: {
      requestContentJsonPath: "contents.@reverse.0.parts.0.text",
      responseContentJsonPath: candidate,
      responseStreamContentJsonPath: candidate,
    },
    request: (text) => ({ contents: [{ parts: [{ text: "hi" }] }, { parts: [{ text }] }] }),
    answer: (text) => ({ candidates: [{ content: { parts: [{ text }] } }] }),
  },
  DashScope: {
    paths: {
      requestContentJsonPath: "input.messages.@reverse.0.content",
      responseContentJsonPath: "output.choices.0.message.content",
    },
    request: (text) => ({ model: "qwen", input: { messages: chat(text) } }),
    answer: (text) => ({ output: { choices: [{ message: { content: text } }] } }),
  },
  "Ollama's chats": {
    paths: { responseContentJsonPath: "message.content" },
    request: (text) => ({ messages: chat(text) }),
    answer: (text) => ({ message: { role: "assistant", content: text }, done: true }),
  },
  "Ollama's completions": {
    paths: { responseContentJsonPath: "response" },
    request: (text) => ({ prompt: text }),
    answer: (text) => ({ response: text, done: true }),
  },
};

const json = (value: Json) => JSON.stringify(value);
const TYPES: [type: string, around: (document: string) => string][] = [
  ["application/json", (document) => document],
  ["application/x-ndjson", (document) => `${document}\n`],
];

describe.each(BUILDS)("%s", (build) => {
  test.each(Object.entries(APIS))("%s", async (_name, { paths, request, answer }) => {
    for (const [type, around] of TYPES) {
      const body = around(json(answer(PHONE)));
      const host = await gateway(build, { rules: RULES, ...paths }, { type, body });
      const sent = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: json(request(PHONE)),
      };
      const reply = await host.fetch("http://a.test/x", sent).settle();
      expect(host.clusters["backend"]!.last!.body).toBe(json(request("-")));
      expect(reply.text()).toBe(around(json(answer("-"))));
      await host.close();
    }
  });
});
