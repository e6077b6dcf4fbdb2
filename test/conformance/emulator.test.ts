import { describe, expect, test } from "vitest";
import { createHost, upstream } from "proxy-wasm-test";
import { PLUGINS } from "./plugin-targets.js";

// The Go emulator of Higress's unit tests (harness.md 7) ends its process when a module traps, or asks
// for a function by name that it does not have. It never starts a VM.

const QUESTION = JSON.stringify({
  model: "gpt-4o",
  max_tokens: 5,
  messages: [{ role: "user", content: "What is the answer?" }],
});
const ANSWER = JSON.stringify({
  model: "gpt-4o",
  choices: [{ index: 0, message: { role: "assistant", content: "42" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
});
const KEYS = { "x-api-key": "key-of-team-a-0001", "x-mse-consumer": "team-a" };

describe.each(Object.keys(PLUGINS))("%s in the Go emulator", (plugin) => {
  const { configurations, higress = [] } = PLUGINS[plugin]!;
  const all = [...configurations, ...higress].map((text, i) => [i + 1, text] as const);

  test.each(all)(
    "configuration %i: starts, and lets a request and its answer by",
    async (_, text) => {
      await using host = await createHost({
        profile: "proxytest",
        plugins: [{ name: plugin, wasm: `build/higress/${plugin}.wasm`, config: text }],
        clusters: {
          backend: upstream().reply(200, {
            headers: { "content-type": "application/json" },
            body: ANSWER,
          }),
        },
        strict: "off",
      });
      const call = host.fetch("http://a.test/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json", ...KEYS },
        body: QUESTION,
      });
      await call.settle();
      expect(host.logs.filter(({ text: line }) => line.includes("plugin start failed"))).toEqual(
        [],
      );
    },
  );
});
