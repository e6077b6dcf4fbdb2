import { test } from "proxy-wasm-test/vitest";
import { keyAuth, RESTRICTED } from "./support";

// The model of a request decides, wherever the network cuts the body it stands in.
for (const [name, model] of [
  ["allowed", "good"],
  ["denied", "bad é"],
] as const) {
  test.chunks(
    `a model that is ${name}`,
    {
      host: () => ({ plugins: [keyAuth(RESTRICTED)] }),
      target: "http://a.test/v1/chat/completions",
      request: {
        headers: { "x-api-key": "k1", "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ content: "é" }], model }),
      },
      response: { body: "ok" },
    },
    { runs: 450 },
  );
}
