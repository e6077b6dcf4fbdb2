import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

// Whose answer it was, as the details of the gateway say.

const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };
const ASKED = '{"messages":[{"role":"user","content":"q"}]}';
const ANSWERED = '{"choices":[{"message":{"content":"a"}}]}';

test.each([
  ["via_upstream", "complete"],
  ["model_fallback.replayed", "complete"],
  ["model_fallback.all_failed", undefined],
  ["ai-cache.hit", undefined],
  ["content_security.denied", undefined],
])("%s: %s in the dialogue log", (details, finish) => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", { dialog_log: { enabled: true } });
  host.given.set("response.code_details", details);
  host.exchange(REQUEST, ASKED, ANSWER, [ANSWERED]);
  const written = host.properties.get("ai_dialog");
  if (finish === undefined) return expect(written).toBeUndefined();
  const dialogue: unknown = JSON.parse(JSON.parse(`"${written ?? ""}"`) as string);
  return expect(dialogue).toMatchObject({ finish, question: "q", answer: "a" });
});
