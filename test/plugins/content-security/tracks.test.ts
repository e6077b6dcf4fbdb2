import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { contentSecurity } from "./support.js";

// The texts of a stream, one of each choice and field: what each of them waits for.

const URL = "http://a.test/v1/chat/completions";
const QUESTION = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}';
const RULES: Record<string, Json> = {
  rules: [
    { name: "mails", builtin: "email", action: "mask" },
    { name: "code names", words: ["blue harvest"], action: "mask", value: "***" },
    { name: "leaks", words: ["black bird"] },
  ],
};

function event(delta: object, index = 0): string {
  return `data: ${JSON.stringify({ choices: [{ index, delta }] })}\n\n`;
}

function streaming(chunks: string[], cutAfter?: number): Promise<Host> {
  const init = { headers: { "content-type": "text/event-stream" }, chunks };
  const reply = cutAfter === undefined ? init : { ...init, cutAfter };
  return createHost({
    plugins: [contentSecurity(RULES)],
    clusters: { backend: upstream().reply(200, reply) },
    lifecycle: "single",
    trace: false,
  });
}

/** What a client has got. */
async function received(chunks: string[], cutAfter?: number): Promise<string> {
  const host = await streaming(chunks, cutAfter);
  const reply = await host.fetch(URL, { method: "POST", body: QUESTION }).settle();
  await host.close();
  return reply.text();
}

const thoughts = (...texts: string[]) => texts.map((text) => event({ reasoning_content: text }));
const words = (count: number) => Array<string>(count).fill(event({ content: " word" }));

test("an answer does not wait for thoughts that are over", async () => {
  const chunks = [...thoughts("I", " see"), ...words(100), "data: [DONE]\n\n"];
  const got = await received(chunks, 102);
  expect(got.split("word").length - 1).toBeGreaterThan(90);
  expect(await received(chunks)).toBe(chunks.join(""));
});

test("what is masked at the end of thoughts is masked when they are over", async () => {
  const chunks = [...thoughts("a@b.cc or blue", " harvest"), ...words(100), ...words(1)];
  const got = await received(chunks, 102);
  expect(got).toContain("[[EMAIL_1]] or ***");
  expect(got).not.toContain("harvest");
  expect(got.split("word").length - 1).toBeGreaterThan(90);
});

test("what is refused at the end of thoughts is refused when they are over", async () => {
  const got = await received([...thoughts("a black", " bird"), ...words(100)]);
  expect(got).toContain("from-security-guard");
  expect(got).not.toContain("bird");
});

test("many choices that speak in turn are not over", async () => {
  const turn = (text: string) => Array.from({ length: 64 }, (_, i) => event({ content: text }, i));
  const got = await received([...turn("to a@b"), ...turn(".cc"), ...turn(", yes")]);
  expect(got.split("[[EMAIL_1]]").length - 1).toBe(64);
  expect(got).not.toContain("a@b");
});

test("a choice for each event is no memory for each event", async () => {
  const events = Array.from({ length: 20_000 }, (_, i) => event({ content: `to a${i}` }, i));
  const host = await streaming(
    Array.from({ length: 200 }, (_, i) => events.slice(i * 100, i * 100 + 100).join("")),
  );
  const reply = await host.fetch(URL, { method: "POST", body: QUESTION }).settle();
  expect(reply.text()).toBe(events.join(""));
  expect(host.memorySize).toBeLessThan(16 << 20);
  await host.close();
});

test("two choices of long events do not end each other", async () => {
  const long = (text: string, index: number) =>
    event({ content: `${"word ".repeat(80)}${text}` }, index);
  const next = (text: string, index: number) =>
    event({ content: `${text} ${"word ".repeat(80)}` }, index);
  const got = await received([
    ...[long("to a@b", 0), long("to c@d", 1)],
    ...[next(".cc", 0), next(".cc", 1)],
  ]);
  expect(got.split("[[EMAIL_").length - 1).toBe(2);
  expect(got).not.toContain("a@b");
});
