import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { contentSecurity } from "./support.js";

// Answers of MCP servers that are neither JSON nor said to be a stream of events.

const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"q":"x"}}}';
const CONFIG: Record<string, Json> = {
  apiType: "mcp",
  rules: [
    { name: "forbidden", words: ["weapon"] },
    { name: "mails", builtin: "email", action: "mask" },
  ],
};

const message = (text: string) =>
  `event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"${text}"}]}}\n\n`;

async function received(
  type: string,
  chunks: string[],
  cutAfter?: number,
): Promise<[string, Host]> {
  const headers = { "content-type": type };
  const init = cutAfter === undefined ? { headers, chunks } : { headers, chunks, cutAfter };
  const host = await createHost({
    plugins: [contentSecurity(CONFIG)],
    clusters: { backend: upstream().reply(200, init) },
    lifecycle: "single",
    trace: false,
  });
  const reply = await host.fetch("http://a.test/mcp", { method: "POST", body: CALL }).settle();
  return [reply.text(), host];
}

test.each(["text/plain", "text/html"])("%s flows", async (type) => {
  const chunks = ["a line\n", "half of a l", "ine, da", "ta: x\nd", "ab\n", "the end"];
  for (let sent = 1; sent < chunks.length; sent++) {
    const [got, host] = await received(type, chunks, sent);
    const all = chunks.slice(0, sent).join("");
    expect(got).toBe(all.endsWith("\nd") ? chunks.slice(0, sent - 1).join("") : all);
    await host.close();
  }
  const [got, host] = await received(type, chunks);
  expect(got).toBe(chunks.join(""));
  await host.close();
});

test("a body that is longer than what may be held flows, and is not kept", async () => {
  const chunk = `${"x".repeat(1 << 16)}\n`;
  const [got, host] = await received("text/plain", Array<string>(320).fill(chunk));
  expect(got.length).toBe(320 * chunk.length);
  expect(host.memorySize).toBeLessThan(8 << 20);
  await host.close();
});

test("events in it are judged as in a stream, wherever they are cut", async () => {
  const body = `rubbish\n${message("to a@b.cc")}more\n\n${message("a weapon")}`;
  const cuts = Array.from({ length: body.length }, (_, at) => [body.slice(0, at), body.slice(at)]);
  // A blank line more, right before what is refused, may go with it.
  const expected = `rubbish\n${message("to [[EMAIL_1]]")}more\n`;
  for (const chunks of [[body], [...body], ...cuts]) {
    const [got, host] = await received("text/plain", chunks);
    expect(got.slice(0, expected.length)).toBe(expected);
    expect(got).not.toContain("weapon");
    expect(got).toContain('"error"');
    await host.close();
  }
});
