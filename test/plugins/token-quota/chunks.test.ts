import { expect } from "vitest";
import { test } from "proxy-wasm-test/vitest";
import { balance, CHAT, refill, SHARED, tokenQuota } from "./support";

const USAGE = '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}';
const SSE = `data: {"choices":[{"delta":{"content":"é"}}]}\n\ndata: ${USAGE}\n\ndata: [DONE]\n\n`;

// The tokens an answer cost are read from it, wherever the network cuts it.
for (const [type, body] of [
  ["text/event-stream", SSE],
  ["application/json", USAGE],
] as const) {
  test.chunks(
    `usage in ${type}`,
    {
      host: () => ({ plugins: [tokenQuota(SHARED)] }),
      prepare: (host) => refill(host, "alice", 100),
      target: CHAT,
      request: { headers: { "x-mse-consumer": "alice" }, body: '{"model":"m","stream":true}' },
      response: { headers: { "content-type": type }, body },
      observe: async (host) => {
        const left = await balance(host, "alice");
        expect(left).toBe(85);
        return left;
      },
    },
    { runs: 700 },
  );
}
