import { upstream, type ClientResponse, type Host, type Json } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { contentSecurity } from "./support.js";

// What is masked, kept, asked and refused of one request must never reach another that is under way.

const TARGET = "http://a.test/v1/chat/completions";
const CONFIG: Record<string, Json> = {
  rules: [
    { name: "forbidden", words: ["weapon"] },
    { name: "mails", builtin: "email", action: "mask", phase: "request", restore: true },
  ],
  backend: { type: "webhook", cluster: "hook", serviceHost: "h.example.com" },
  bufferLimit: 4,
};
/** Whose question each one is; every third one is refused. */
const NAMES = ["ann", "bob", "weapon", "eve", "tom"];
const mail = (name: string) => `${name}@a.test`;

const requests = NAMES.map((name) => ({
  target: TARGET,
  headers: { "content-type": "application/json" },
  chunks: [`{"stream":true,"messages":[{"role":"us`, `er","content":"${mail(name)}"}]}`],
}));

const event = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

function isJudgedAlone(host: Host, answers: readonly (ClientResponse | null)[]): void {
  for (const { body } of host.clusters["backend"]!.requests) expect(body).not.toContain("@a.test");
  for (const { body } of host.clusters["hook"]!.requests) expect(body).not.toContain("@a.test");
  for (const [i, answer] of answers.entries()) {
    if (answer === null || answer.status !== 200) continue;
    const text = answer.text();
    const others = NAMES.filter((_, other) => other !== i);
    for (const other of others) expect(text).not.toContain(mail(other));
    if (NAMES[i] === "weapon") expect(text).toContain("from-security-guard");
    else if (text.includes("[DONE]")) expect(text).toContain(mail(NAMES[i]!));
  }
}

test.schedule("requests side by side", {
  host: () => ({
    plugins: [contentSecurity(CONFIG)],
    clusters: {
      backend: upstream().reply(200, {
        headers: { "content-type": "text/event-stream" },
        chunks: [event("to [[EMA"), event("IL_1]]"), "data: [DONE]\n\n"],
      }),
      hook: upstream().reply(200, { body: '{"action":"NONE"}' }),
    },
  }),
  requests,
  check: isJudgedAlone,
});
