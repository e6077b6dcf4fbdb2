import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// Answers whose lines are documents (NDJSON), and documents where events are promised.

const RULES: Json = [
  { name: "forbidden", words: ["weapon"] },
  { name: "phones", builtin: "phone_cn", action: "mask", restore: true, phase: "request" },
  { name: "mails", builtin: "email", action: "mask", phase: "response", value: "-" },
];
const PATH = { responseContentJsonPath: "message.content" };
const NDJSON = "application/x-ndjson";
const REFUSED = '"model":"from-security-guard"';
const HOOK: Json = { type: "webhook", cluster: "hook", serviceHost: "h" };

type Answer = { chunks: (string | Uint8Array)[]; type?: string; ask?: string };

async function open(build: Build, config: Record<string, Json>, answer: Answer): Promise<Host> {
  const { chunks, type = NDJSON } = answer;
  const intervened = '{"action":"GUARDRAIL_INTERVENED","texts":["[HI]"]}';
  return createHost({
    profile: build === "envoy" ? "envoy-1.40" : "higress-2.2",
    plugins: [contentSecurity({ rules: RULES, requestScope: "all", ...config }, build)],
    clusters: {
      backend: upstream().reply(200, { headers: { "content-type": type }, chunks }),
      hook: upstream().reply(200, { body: intervened }),
    },
    lifecycle: "single",
    trace: false,
  });
}

async function ask(build: Build, config: Record<string, Json>, answer: Answer) {
  const host = await open(build, config, answer);
  const content = answer.ask ?? "hi";
  const body = JSON.stringify({ stream: true, messages: [{ role: "user", content }] });
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body };
  const reply = await host.fetch("http://a.test/api/chat", request).settle();
  await host.close();
  return { text: reply.text(), log: Buffer.from(reply.filterState["ai_log"] ?? "").toString() };
}

const said = (content: string) => ({ model: "m", message: { role: "assistant", content } });
const lines = (texts: string[], end = "\n") =>
  [...texts.map((text) => JSON.stringify(said(text))), '{"done":true}'].map((line) => line + end);
const cut = (text: string, at: number) => [text.slice(0, at), text.slice(at)];

describe.each(BUILDS)("%s", (build) => {
  test("a word over several lines is refused in a line", async () => {
    const told = lines(["hi ", "a wea", "pon, ", "more"]);
    const { text, log } = await ask(build, PATH, { chunks: told });
    expect(text.startsWith(told[0]!)).toBe(true);
    const last = text.split("\n").at(-2)!;
    expect(JSON.parse(last)).toMatchObject({ object: "chat.completion" });
    expect(last).toContain(REFUSED);
    expect(text).not.toContain("pon");
    expect(text.endsWith("\n")).toBe(true);
    expect(log).toContain("response deny");
  });

  test.each(["\n", "\r\n", "\n\n"])(
    "masks and originals in lines that end with %j",
    async (end) => {
      const told = lines(["call [[PHONE", "_CN_1]] or ", "a@b", ".cn now"], end).join("");
      const expected = lines(["call 13812345678", " or ", "-", " now"], end).join("");
      for (let at = 0; at <= told.length; at += 7) {
        const answer = { chunks: cut(told, at), ask: "13812345678" };
        expect((await ask(build, PATH, answer)).text).toBe(expected);
      }
    },
  );

  test("lines that nothing is taken out of go out byte for byte", async () => {
    const told = `\ufeff ${lines(["a", "b"]).join("\n")}{"cut`;
    expect((await ask(build, PATH, { chunks: [told] })).text).toBe(told);
  });

  test("lines like events of a chat need no path", async () => {
    const chunk = (content: string) => `${JSON.stringify({ choices: [{ delta: { content } }] })}\n`;
    const answer = { chunks: [chunk("a wea"), chunk("pon")], type: "application/jsonl" };
    expect((await ask(build, {}, answer)).text).toContain(REFUSED);
  });

  test("services see the lines of a window", async () => {
    const fields = { ...PATH, rules: [], backend: HOOK, checkRequest: false };
    const { text } = await ask(build, fields, { chunks: lines(["hel", "lo"]) });
    expect(text).toBe(lines(["[HI]", ""]).join(""));
  });

  test("a document where events are promised is judged", async () => {
    const answer = (content: string) => ({
      chunks: [JSON.stringify({ choices: [{ message: { content } }] })],
      type: "text/event-stream",
    });
    expect((await ask(build, {}, answer("a weapon"))).text).toContain(REFUSED);
    expect((await ask(build, {}, answer("a flower"))).text).toContain("a flower");
  });
});
