import { expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { BareHost } from "./bare-host.js";

const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };
const PIECES = [
  "a",
  "plain words of sixteen bytes and more ",
  '"',
  "\\",
  "\n",
  "\0",
  "<",
  ">",
  "&",
];
const FOREIGN = ["é", "界", "😀", "\u2028", "\u2029", "\x7f", "\ud800"];

test("texts survive two escapes, and nothing that breaks a line or a page is left", () => {
  const host = new BareHost("build/envoy/ai-statistics.wasm", {
    attributes: [{ key: "question", apply_to_log: true }],
  });
  for (let seed = 1; seed <= 2000; seed++) {
    const random = new Random(seed);
    const text = Array.from({ length: random.below(30) }, () =>
      random.pick(random.chance(0.8) ? PIECES : FOREIGN),
    ).join("");
    const body = JSON.stringify({ messages: [{ role: "user", content: text }] });
    host.exchange(REQUEST, body, ANSWER, ["{}"]);
    const log = host.properties.get("ai_log") ?? "";
    expect(log).not.toMatch(/[<>&\n\0\u2028\u2029]/);
    const { question } = JSON.parse(JSON.parse(`"${log}"`) as string) as { question: string };
    expect(question).toBe(text.replaceAll("\ud800", "\ufffd"));
  }
});
