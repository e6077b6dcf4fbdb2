import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { countingSteps } from "../../support/steps.js";
import { BareHost } from "../ai-statistics/bare-host.js";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// What a client writes to get past configurations of ours.

const JSON_TYPE = { "content-type": "application/json" };
const RULES: Json = [{ name: "forbidden", words: ["weapon"] }];
const CHAT = "/v1/chat/completions";
const REFUSED = /from-security-guard|"code":403|blockedDetails|已被屏蔽/;

type Sent = { path?: string; headers?: Record<string, string>; body: Json | Uint8Array };

async function open(build: Build, config: Record<string, Json>): Promise<Host> {
  return createHost({
    profile: build === "envoy" ? "envoy-1.40" : "higress-2.2",
    plugins: [contentSecurity({ rules: RULES, ...config }, build)],
    clusters: { backend: upstream().reply(200, { headers: JSON_TYPE, body: "{}" }) },
    lifecycle: "single",
    trace: false,
  });
}

/** @returns the request as the upstream gets it; null: it was refused */
async function send(host: Host, sent: Sent): Promise<string | null> {
  const { path = CHAT, headers = JSON_TYPE, body } = sent;
  const raw = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const before = host.clusters["backend"]!.requests.length;
  const reply = await host
    .fetch(`http://a.test${path}`, { method: "POST", headers, body: raw })
    .settle();
  if (REFUSED.test(reply.text())) return null;
  return host.clusters["backend"]!.requests[before]!.body;
}

const user = (content: Json): Json => ({ role: "user", content });
const chat = (...messages: Json[]): Json => ({ model: "m", messages });
const call = (params: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
const form = { "content-type": "application/x-www-form-urlencoded" };
const parts = { "content-type": "multipart/form-data; boundary=x" };
const part = (name: string, text: string) =>
  `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;

/** No JSON as a whole, though JSON stands in it. */
const NO_JSON: Record<string, Sent> = {
  "a form with brackets": { headers: form, body: "prompt=weapon&x=[]" },
  "a form of lists": { headers: form, body: "messages[0][content]=weapon" },
  "a part with brackets": { headers: parts, body: `${part("prompt", "weapon {}")}--x--\r\n` },
  "parts with a chat": {
    headers: parts,
    body: `${part("a", JSON.stringify(chat(user("ok"))))}${part("b", "weapon")}--x--\r\n`,
  },
  "bytes behind identity": {
    headers: { ...JSON_TYPE, "content-encoding": "identity" },
    body: Uint8Array.of(0x1f, 0x8b, 8, 0x7b, 0x7d, 3),
  },
  "two documents": {
    body: `${JSON.stringify(chat(user("ok")))}${JSON.stringify(chat(user("weapon")))}`,
  },
  "messages in another character set": {
    headers: { "content-type": "application/json; charset=gbk" },
    body: Buffer.from('{"messages":[{"role":"user","content":"\xce\xe4\xc6\xf7"}]}', "latin1"),
  },
  "messages that are no list": { body: { messages: { "0": user("weapon") } } },
  "a chat that is cut off": { body: '{"messages":[{"role":"user","content":"weapon' },
};

/** Prompts that nobody can read. */
const NO_TEXT: Record<string, Sent> = {
  "token ids": { path: "/v1/completions", body: { prompt: [29, 4512] } },
  "lists of token ids": { path: "/v1/completions", body: { prompt: [[29, 4512]] } },
  "token ids behind a text": { path: "/v1/completions", body: { prompt: ["hi", 29] } },
  "token ids as input": { path: "/v1/embeddings", body: { input: [29, 4512] } },
  "a conversation as token ids": { path: "/api/generate", body: { prompt: "hi", context: [29] } },
  "embeddings of a prompt": {
    path: "/v1/completions",
    body: { prompt: "hi", prompt_embeds: "eA==" },
  },
};

/** Two members of one name. */
const TWINS: Record<string, Sent & { config?: Record<string, Json> }> = {
  "parameters of a tool": {
    config: { apiType: "mcp" },
    body: call('{"arguments":{"q":"ok"},"arguments":{"q":"weapon"}}'),
  },
  "methods of a batch": {
    config: { apiType: "mcp" },
    body: `[{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"arguments":{"q":"weapon"}}}]`,
  },
  "prompts of images": {
    config: { apiType: "image_generation", providerType: "qwen" },
    body: '{"input":{"prompt":"ok","prompt":"weapon"}}',
  },
  "texts of images' parts": {
    config: { apiType: "image_generation", providerType: "qwen" },
    body: '{"input":{"messages":[{"content":[{"text":"ok","text":"weapon"}]}]}}',
  },
  "contents of images' messages": {
    config: { apiType: "image_generation", providerType: "qwen" },
    body: '{"input":{"messages":[{"content":[{"text":"ok"}],"content":[{"text":"weapon"}]}]}}',
  },
  "addresses of an image": {
    body: '{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ok","url":"bad"}}]}]}',
  },
  "contents, by path": {
    config: {
      serviceName: "green.dns",
      servicePort: 443,
      serviceHost: "green.example.com",
      accessKey: "ak",
      secretKey: "sk",
      checkRequest: true,
      onUnreadable: "deny",
    },
    body: '{"messages":[{"role":"user","content":"ok","content":"weapon"}]}',
  },
};

/** Nobody looks so deep. */
const DEEP: typeof TWINS = {
  "descriptions that lie too deep": {
    config: { requestScope: "all" },
    body: {
      messages: [user("ok")],
      tools: JSON.parse(`${"[".repeat(80)}${"]".repeat(80)}`) as Json,
    },
  },
};

/** Names as only some parsers take them. */
const ODD_NAMES: Record<string, Sent & { config?: Record<string, Json> }> = {
  Messages: { body: { model: "m", Messages: [user("weapon")] } },
  PROMPT: { path: "/v1/completions", body: { PROMPT: "weapon" } },
  Input: { path: "/v1/responses", body: { Input: "weapon" } },
  "a long s": { body: { messages: [user("ok")], meſſages: [user("weapon")] } },
  "Method of a call": {
    config: { apiType: "mcp" },
    body: '{"jsonrpc":"2.0","id":1,"Method":"tools/call","params":{"arguments":{"q":"weapon"}}}',
  },
  "Params of a call": {
    config: { apiType: "mcp" },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","Params":{"arguments":{"q":"weapon"}}}',
  },
  "Arguments of a call": { config: { apiType: "mcp" }, body: call('{"Arguments":{"q":"weapon"}}') },
  "Method in a batch": {
    config: { apiType: "mcp" },
    body: '[{"jsonrpc":"2.0","id":1,"Method":"tools/call","params":{"arguments":{"q":"weapon"}}}]',
  },
  "Prompt of images": {
    config: { apiType: "image_generation", providerType: "qwen" },
    body: '{"input":{"Prompt":"weapon"}}',
  },
};

/** A rule for the words of users finds them. */
const ROLES: Record<string, Sent> = {
  "a role in a part": {
    body: chat(user([{ type: "text", text: "weapon", role: "z" }])),
  },
  "a message like a tool's result": {
    body: chat({ role: "user", type: "x_tool_result", content: "weapon" }),
  },
  "a role in other letters": { body: chat({ role: "User", content: "weapon" }) },
  "a role in a prompt": { body: { prompt: { type: "text", text: "weapon", role: "z" } } },
};

/** Texts beside others that say something. */
const BESIDE: Record<string, Json> = {
  "title of a document": chat(
    user([{ type: "document", title: "weapon", source: { type: "text", data: "ok" } }]),
  ),
  "context of a document": chat(
    user([{ type: "document", context: "weapon", source: { type: "text", data: "ok" } }]),
  ),
  "title of a search result": chat(
    user([
      {
        type: "search_result",
        source: "u",
        title: "weapon",
        content: [{ type: "text", text: "ok" }],
      },
    ]),
  ),
  "outputs of code": {
    input: [
      { type: "code_interpreter_call", code: "1", outputs: [{ type: "logs", logs: "weapon" }] },
    ],
  },
  "an error of a tool": { input: [{ type: "mcp_call", output: "ok", error: "weapon" }] },
  "a transcript": chat({
    role: "assistant",
    content: "ok",
    audio: { id: "a", transcript: "weapon" },
  }),
  "a list of inputs": { input: ["ok", "weapon", "ok"] },
  "what follows": { prompt: "ok", suffix: "weapon" },
  "a document of a chat": { messages: [user("ok")], documents: [{ title: "t", text: "weapon" }] },
  "tags between letters": chat(user("wea\u{e0061}pon")),
  "a prediction": { messages: [user("ok")], prediction: { type: "content", content: "weapon" } },
};

/** Nothing is wrong with these. */
const FINE: Record<string, Sent> = {
  "a chat": { body: chat(user("ok")) },
  "a chat behind a byte order mark": { body: `\ufeff${JSON.stringify(chat(user("ok")))}` },
  "blanks around it": { body: `\r\n ${JSON.stringify(chat(user("ok")))}\n` },
  "names in other letters elsewhere": {
    body: { messages: [user("ok")], metadata: { Messages: 1, messages: 2 }, topK: 1, topP: 1 },
  },
  "a list of texts": { path: "/v1/completions", body: { prompt: ["a", "b"] } },
  "no body's worth": { body: {} },
};

describe.each(BUILDS)("%s", (build: Build) => {
  test.each(Object.entries({ ...NO_JSON, ...NO_TEXT }))("%s: refused", async (_what, sent) => {
    const denies = await open(build, {});
    expect(await send(denies, sent)).toBeNull();
    await denies.close();
  });

  test.each(Object.entries({ ...TWINS, ...DEEP, ...ODD_NAMES }))(
    "%s: refused",
    async (_what, sent) => {
      const host = await open(build, sent.config ?? {});
      expect(await send(host, sent)).toBeNull();
      await host.close();
    },
  );

  test.each(Object.entries(ROLES))("%s: a rule for users sees it", async (_what, sent) => {
    const host = await open(build, { rules: [{ words: ["weapon"], roles: ["user"] }] });
    expect(await send(host, sent)).toBeNull();
    await host.close();
  });

  test.each(Object.entries(BESIDE))("%s is judged", async (_what, body) => {
    const host = await open(build, {});
    expect(await send(host, { body })).toBeNull();
    await host.close();
  });

  test.each(Object.entries(FINE))("%s passes", async (_what, sent) => {
    const host = await open(build, {});
    expect(await send(host, sent)).not.toBeNull();
    await host.close();
  });

  test("a whole body that is judged need not be JSON", async () => {
    const fields = { deny_words: ["gun"], deny_raw: true, onUnreadable: "deny" };
    const host = await open(build, fields);
    expect(await send(host, { headers: form, body: "x[]=y" })).toBe("x[]=y");
    expect(await send(host, { headers: form, body: "x[]=weapon" })).toBeNull();
    await host.close();
  });

  test("masks are put in their places whatever stands first", async () => {
    const mask: Json = [{ name: "mails", builtin: "email", action: "mask", value: "-" }];
    const host = await open(build, { rules: mask, requestScope: "all" });
    const mails = Array<string>(6_000).fill("1@a.cn");
    const messages = [user(mails)];
    const bodies: Json[] = [
      { messages, prompt: mails },
      { prompt: mails, messages },
    ];
    const [inOrder, turned] = [
      await send(host, { body: bodies[0]! }),
      await send(host, { body: bodies[1]! }),
    ];
    expect(JSON.parse(turned!)).toEqual(JSON.parse(inOrder!));
    expect(turned).not.toContain("@");
    await host.close();

    // Each put in its place by insertion, the second order would take 36 000 000 steps more.
    const wasm = countingSteps(`build/${build}/content-security.wasm`);
    const [fewest, steps] = bodies.map((body) => {
      const bare = new BareHost(wasm, { rules: mask, requestScope: "all" });
      const before = bare.steps;
      bare.exchange(
        { ":path": CHAT, ...JSON_TYPE },
        JSON.stringify(body),
        { ":status": "200" },
        [],
      );
      return bare.steps - before;
    });
    expect(fewest).toBeGreaterThan(12_000); // they were read
    expect(steps).toBeLessThan(1.1 * fewest!);
  });

  test("a placeholder that stands further down is no one's mask", async () => {
    const mask: Json = [{ name: "phones", builtin: "phone_cn", action: "mask", restore: true }];
    const host = await open(build, { rules: mask, requestScope: "all" });
    const got = await send(host, { body: chat(user("13812345678"), user("[[PHONE_CN_1]]")) });
    expect(got).toContain('"[[PHONE_CN_2]]"');
    await host.close();
  });

  test("more texts than anybody writes are refused", async () => {
    const host = await open(build, {});
    expect(await send(host, { body: chat(user(Array<string>(100_001).fill("a"))) })).toBeNull();
    expect(await send(host, { body: chat(user(Array<string>(99_999).fill("a"))) })).not.toBeNull();
    await host.close();
  });
});
