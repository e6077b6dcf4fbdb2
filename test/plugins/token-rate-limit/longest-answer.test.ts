import { describe, expect, test } from "vitest";
import { gateway, JSON_TYPE, SHARED } from "./support.js";

// What a request may get is what it reserves: a client must not be able to say less.

/** The prompt is one token. */
const RESERVING = {
  reservation: { enabled: true, read_body: true, bytes_per_token: 1000 },
  global_threshold: { token_per_hour: 1000 },
};

describe("the longest answer that the body allows is reserved, whatever else it says", () => {
  const CASES: [path: string, body: string, reserved: number][] = [
    ["/v1/chat/completions", '{"max_tokens":30}', 30],
    ["/v1/chat/completions", '{"max_completion_tokens":30,"max_tokens":7}', 30],
    ["/v1/chat/completions", '{"max_completion_tokens":7,"max_tokens":30}', 30],
    ["/v1/chat/completions", '{"max_tokens":1,"max_tokens":30}', 30],
    ["/v1/chat/completions?a=/", '{"max_tokens":30,"max_tokens":1}', 30],
    // What this API does not know limits nothing: 256 is the default.
    ["/v1/chat/completions", '{"max_output_tokens":1}', 256],
    ["/v1/completions", '{"generationConfig":{"maxOutputTokens":1}}', 256],
    ["/v1/responses", '{"max_output_tokens":30}', 30],
    ["/v1beta/models/g:generateContent", '{"generationConfig":{"maxOutputTokens":30}}', 30],
    ["/g", '{"generationConfig":{"maxOutputTokens":1},"generationConfig":{"maxOutputTokens":30}}', 30], // prettier-ignore
    ["/g", '{"generationConfig":[1],"max_tokens":0,"max_output_tokens":-3}', 256],
    ["/g", '{"max_tokens":30,"messages":[', 30],
    ["/g", "[30]", 256],
  ];

  test.each(CASES)("%s %s", async (path, text, reserved) => {
    const host = await gateway({ ...SHARED, ...RESERVING });
    const init = { method: "POST", body: text, headers: JSON_TYPE };
    expect((await host.fetch(path, init).settle(60_000)).status).toBe(200);
    expect(host.metrics.all["token_rate_limit_reserved_tokens"]).toBe(reserved + 1);
    await host.close();
  });
});
