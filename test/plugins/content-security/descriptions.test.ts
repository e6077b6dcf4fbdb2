import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, gateway, type Build } from "./support.js";

/** What models read about tools and forms. */
const DESCRIBED: Record<string, Record<string, Json>> = {
  "description of a tool": {
    tools: [{ type: "function", function: { name: "f", description: "a weapon" } }],
  },
  "description of an Anthropic tool's input": {
    tools: [{ name: "f", input_schema: { properties: { q: { description: "a weapon" } } } }],
  },
  "description of a function": { functions: [{ name: "f", description: "a weapon" }] },
  "values of a tool's input": {
    tools: [{ function: { parameters: { properties: { q: { enum: ["ok", "a weapon"] } } } } }],
  },
  "title of a property that is called default": {
    tools: [{ input_schema: { properties: { default: { title: "a weapon" } } } }],
  },
  "description of a form": {
    response_format: { type: "json_schema", json_schema: { schema: { description: "a weapon" } } },
  },
  "description of a response's form": { text: { format: { description: "a weapon" } } },
};

/** @returns the request as the upstream gets it; null: it was refused */
async function sent(build: Build, config: Record<string, Json>, body: Json) {
  const rules: Json = [{ words: ["weapon"] }, { builtin: "phone_cn", action: "mask", value: "-" }];
  const answer = { type: "application/json", body: "{}" };
  const host = await gateway(build, { rules, ...config }, answer);
  const request = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const reply = await host.fetch("http://a.test/v1/chat/completions", request).settle();
  const got = host.clusters["backend"]!.last!.body;
  await host.close();
  return reply.text().includes("from-security-guard") ? null : got;
}

const user = (content: string): Json => ({ role: "user", content });

describe.each(BUILDS)("%s", (build) => {
  test.each(Object.entries(DESCRIBED))("%s is judged with all turns", async (_what, more) => {
    const body = { messages: [user("ok")], ...more };
    expect(await sent(build, { requestScope: "all" }, body)).toBeNull();
    expect(await sent(build, {}, body)).toBe(JSON.stringify(body));
  });

  test("a property of that name is none", async () => {
    const body = (text: string): Json => ({
      tools: [
        { parameters: { properties: { description: { type: "string", description: text } } } },
      ],
      messages: [user(text)],
    });
    const masked = JSON.stringify(body("-"));
    expect(await sent(build, { requestScope: "all" }, body("13812345678"))).toBe(masked);
  });
});
