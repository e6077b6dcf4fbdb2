import { test } from "proxy-wasm-test/vitest";
import { describe, expect } from "vitest";
import { chatOf, textIn } from "./chat.js";
import { BUILDS, gatewayOf } from "./semantic-gateway.js";

/* Questions side by side, whatever answers first, times out or leaves. */

const REQUESTS = [
  "How tall is Mount Everest?",
  "How tall is the Mount Everest ?",
  "Write a poem about spring in Paris.",
].map((question, i) => {
  const { headers, body } = chatOf(question, { consumer: i < 2 ? "alice" : "bob" });
  return {
    target: "POST http://a.test/v1/chat/completions",
    headers,
    chunks: [body.slice(0, 30), body.slice(30)],
  };
});

const FLIGHT = { cache: { type: "memory" }, enableSemanticCache: true, singleFlight: {} };

describe.each(BUILDS)("on %s", (build) => {
  for (const [name, more] of Object.entries({ alone: {}, "behind an exact cache": FLIGHT })) {
    test.schedule(
      `who stays is answered, and nobody with another's answer (${name})`,
      {
        host: () => gatewayOf(build, { more }),
        requests: REQUESTS,
        check: (_host, answers) => {
          const texts = answers.map((one) => one && textIn(new TextDecoder().decode(one.body)));
          for (const [i, one] of answers.entries()) {
            if (one === null) continue;
            expect(one.status).toBe(200);
            expect(texts[i]).toMatch(/^answer [1-3]$/);
          }
          const [, , bobs] = texts;
          if (bobs !== null) expect(texts.slice(0, 2)).not.toContain(bobs);
        },
      },
      { runs: 60 },
    );
  }
});
