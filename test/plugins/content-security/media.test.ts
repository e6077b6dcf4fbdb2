import { describe, expect, test } from "vitest";
import { createHost, upstream, type Json, type UpstreamRequest } from "proxy-wasm-test";
import {
  AliyunModeration,
  deny,
  mask,
  pass,
  type Reaction,
} from "../../support/moderation/aliyun.js";
import type { Asked, WireRequest } from "../../support/moderation/aliyun-request.js";
import { BUILDS, contentSecurity, type Build } from "./support.js";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

// What the cloud is asked, byte for byte: its mock checks the signature and the form of each call.

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
const CLOUD: Record<string, Json> = {
  serviceName: "green.dns",
  servicePort: 443,
  serviceHost: "green.example.com",
  accessKey: "ak",
  secretKey: "sk",
  action: "MultiModalGuard",
  contentModerationLevelBar: "high",
  checkRequest: true,
  checkResponse: true,
  responseImageCheckService: "img_response",
};
const JSON_TYPE = { "content-type": "application/json" };

interface Exchange {
  config: Record<string, Json>;
  body: string;
  answer?: { type: string; body: string; status?: number };
  /** What the cloud refuses. */
  denies?: (asked: Asked) => boolean;
  /** What it does otherwise. */
  react?: (asked: Asked) => Reaction;
}

async function play(build: Build, { config, body, answer, denies, react = pass }: Exchange) {
  const cloud = new AliyunModeration({ id: "ak", secret: "sk" });
  cloud.react = (asked) => (denies?.(asked) ? deny() : react(asked));
  const seen: string[] = [];
  const { type, status = 200, body: said } = answer ?? { type: "application/json", body: "{}" };
  const host = await createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity({ ...CLOUD, ...config }, build)],
    clusters: {
      backend: upstream().handle((request) => {
        seen.push(Buffer.concat(request.chunks).toString());
        return { status, headers: { "content-type": type }, body: said };
      }),
      "outbound|443||green.dns": upstream().handle((request) => {
        const sent = cloud.answer(wireOf(request));
        if (typeof sent === "string") throw new Error(sent);
        return { status: sent.status, body: sent.body };
      }),
    },
    lifecycle: "single",
    trace: false,
  });
  const reply = await host
    .fetch("http://a.test/x", { method: "POST", headers: JSON_TYPE, body })
    .settle();
  await host.close();
  expect(cloud.faults).toEqual([]);
  return { reply, asked: cloud.asked, seen: seen[0] };
}

function wireOf(request: UpstreamRequest): WireRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of request.headers) headers[name.toLowerCase()] = value;
  headers["host"] ??= headers[":authority"] ?? "";
  const body = Buffer.concat(request.chunks);
  return { method: headers[":method"] ?? "", path: headers[":path"] ?? "", headers, body };
}

const image = (url: string) => ({ type: "image_url", image_url: { url } });
const chat = (...content: object[]) => JSON.stringify({ messages: [{ role: "user", content }] });
const IMAGE = { action: "MultiModalGuardForBase64", service: "img_query_security_check" };

describe.each(BUILDS)("%s", (build: Build) => {
  test("odd URLs and long base64 arrive as they are", async () => {
    const urls = ["https://e.com/?a=1&b=<c>", 'https://e.com/"\\中😀\n', "x".repeat(3000)];
    const base64 = `data:image/png;base64,${"iVBOR+/w==".repeat(20_000)}`;
    const body = chat(...[...urls, base64].map(image));
    const { asked } = await play(build, { config: {}, body });
    expect(asked).toEqual([
      ...urls.map((imageUrl) => ({ ...IMAGE, imageUrl })),
      { ...IMAGE, imageBase64: base64 },
    ]);
  });

  test("only data:image in small letters is base64, as in the peer", async () => {
    const body = chat(image("DATA:image/png;base64,AA=="), image("data:text/plain,x"));
    const { asked } = await play(build, { config: {}, body });
    expect(asked.map((one) => one.imageUrl)).toEqual([
      "DATA:image/png;base64,AA==",
      "data:text/plain,x",
    ]);
  });

  test("images that have no address, and parts of other types, are no calls", async () => {
    const odd = [image(""), { type: "image_url" }, { type: "image_url", image_url: null }];
    const body = chat(
      ...odd,
      { type: "input_audio", input_audio: {} },
      { image_url: { url: "x" } },
    );
    const { reply, asked } = await play(build, { config: {}, body });
    expect(asked).toEqual([]);
    expect(reply.upstream[0]!.body).toBe(body);
  });

  test("a hundred images are asked about one after another; the last is refused", async () => {
    const urls = Array.from({ length: 100 }, (_, i) => `https://e.com/${i}`);
    const denies = (asked: Asked) => asked.imageUrl === "https://e.com/99";
    const body = chat({ type: "text", text: "hi" }, ...urls.map(image));
    const config = { checkRequestImage: true };
    const { reply, asked } = await play(build, { config, body, denies });
    expect(asked.map((one) => one.content ?? one.imageUrl)).toEqual(["hi", ...urls]);
    expect(reply.upstream[0]!.body).toBe(""); // its headers had gone ahead
    expect(reply.text()).toContain("from-security-guard");
  });

  test("images that were made are refused with status 403 where the status can be told", async () => {
    const config = { apiType: "image_generation", checkRequest: false };
    const answer = { type: "application/json", body: '{"data":[{"b64_json":"AAAA"}]}' };
    const denies = (asked: Asked) => asked.imageBase64 === "AAAA";
    const { reply, asked } = await play(build, { config, body: "{}", answer, denies });
    expect(asked).toEqual([{ ...IMAGE, service: "img_response", imageBase64: "AAAA" }]);
    expect(reply.status).toBe(build === "higress" ? 403 : 200);
    expect(reply.json()).toMatchObject({ code: 200 });
  });

  test("a long text of embeddings is asked about in parts of one session, at characters", async () => {
    const config = { apiType: "embedding", requestContentJsonPath: "input", checkResponse: false };
    const text = "中".repeat(1000);
    const body = JSON.stringify({ input: [text, text] });
    const { asked } = await play(build, { config, body });
    expect(asked.map((one) => one.content).join("")).toBe(`${text}\n${text}`);
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map((one) => one.sessionId)).size).toBe(1);
  });

  test("a window of a stream is one call, however many bytes; more than 2000 characters are several", async () => {
    const said = ["中".repeat(999), "文".repeat(1)];
    const long = "长".repeat(2500);
    const event = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    const answer = { type: "text/event-stream", body: [...said, long].map(event).join("") };
    const config = { checkRequest: false };
    const { reply, asked } = await play(build, { config, body: "{}", answer });
    expect(asked.map((one) => one.content)).toEqual([
      said.join(""),
      long.slice(0, 2000),
      long.slice(2000),
    ]);
    expect(new Set(asked.map((one) => one.sessionId)).size).toBe(1);
    expect(reply.text()).toBe(answer.body);
  });

  test("a long text: parts are masked in their places, and stay so when a later one fails", async () => {
    const config = { sensitiveDataLevelBar: "S3", riskAction: "mask", checkResponse: false };
    const text = `${"a".repeat(1790)}13812345678${"b".repeat(1800)}13912345678`;
    const body = JSON.stringify({ messages: [{ role: "user", content: text }] });
    const chatOf = (content: string) => JSON.stringify({ messages: [{ role: "user", content }] });
    const react = ({ content }: Asked) =>
      /\d/.test(content!) ? mask(content!.replace(/\d+/g, "*")) : pass();
    const masked = await play(build, { config, body, react });
    expect(masked.asked.map((one) => one.content)).toEqual([
      `${"a".repeat(1790)}1381234567`,
      `8${"b".repeat(1799)}`,
      "b13912345678",
    ]);
    expect(masked.seen).toBe(chatOf(`${"a".repeat(1790)}**${"b".repeat(1800)}*`));
    const failing = (asked: Asked): Reaction =>
      asked.content!.startsWith("a") ? react(asked) : { kind: "status", status: 500 };
    const failed = await play(build, { config, body, react: failing });
    expect(failed.asked).toHaveLength(2);
    expect(failed.seen).toBe(chatOf(`${"a".repeat(1790)}*8${"b".repeat(1800)}13912345678`));
  });

  test("each message of MCP has a session of its own", async () => {
    const event = (text: string) => `data: {"result":{"t":"${text}"}}\n\n`;
    const answer = { type: "text/event-stream", body: event("a") + event("") + event("b") };
    const config = { apiType: "mcp", responseStreamContentJsonPath: "result.t" };
    const { reply, asked } = await play(build, { config, body: "{}", answer });
    expect(asked.map((one) => one.content)).toEqual(["a", "", "b"]);
    expect(new Set(asked.map((one) => one.sessionId)).size).toBe(3);
    expect(reply.text()).toBe(answer.body);
  });

  test("a result of MCP that is refused keeps its status and headers", async () => {
    const body = '{"jsonrpc":"2.0","id":9,"result":{"t":"bad"}}';
    const config = { apiType: "mcp", responseContentJsonPath: "result", denyCode: 400 };
    const answer = { type: "application/json", body };
    const { reply, asked } = await play(build, { config, body: "{}", answer, denies: () => true });
    expect(asked[0]!.content).toBe('{"t":"bad"}');
    expect(reply.status).toBe(200);
    expect(reply.json()).toMatchObject({ jsonrpc: "2.0", id: 0, error: { code: 403 } });
  });
});
