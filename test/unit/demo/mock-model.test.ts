import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startMockModel, type MockModel } from "../../../examples/demo/mock-model/index.js";

const PROMPT = [{ role: "user" as const, content: "Say hello, please." }];

describe("the official OpenAI client", () => {
  let model: MockModel;
  let client: OpenAI;

  beforeEach(async () => {
    model = await startMockModel({ say: () => "Hello, world!" });
    client = new OpenAI({ baseURL: `${model.url}/v1`, apiKey: "sk-any", maxRetries: 0 });
  });
  afterEach(() => model.stop());

  test("lists the models", async () => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual([
      "gpt-4o",
      "gpt-4o-mini",
      "deepseek-r1",
      "qwen-max",
      "text-embedding-3-small",
    ]);
  });

  test("asks for one model", async () => {
    expect(await client.models.retrieve("gpt-4o")).toMatchObject({ id: "gpt-4o", object: "model" });
  });

  test("gets a chat answer with its usage", async () => {
    const answer = await client.chat.completions.create({ model: "gpt-4o", messages: PROMPT });
    expect(answer.object).toBe("chat.completion");
    expect(answer.choices[0]).toMatchObject({
      message: { role: "assistant", content: "Hello, world!" },
      finish_reason: "stop",
    });
    expect(answer.usage).toEqual({ prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 });
  });

  test("streams a chat answer: role, pieces, reason, usage", async () => {
    const stream = await client.chat.completions.create({
      model: "gpt-4o",
      messages: PROMPT,
      stream: true,
      stream_options: { include_usage: true },
    });
    const seen: unknown[] = [];
    for await (const { choices, usage } of stream) {
      seen.push(choices[0] ? [choices[0].delta, choices[0].finish_reason] : usage);
    }
    expect(seen).toEqual([
      [{ role: "assistant", content: "" }, null],
      [{ content: "Hello" }, null],
      [{ content: "," }, null],
      [{ content: " world" }, null],
      [{ content: "!" }, null],
      [{}, "stop"],
      { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
    ]);
  });

  test("gets no usage chunk it did not ask for", async () => {
    const stream = await client.chat.completions.create({
      model: "gpt-4o",
      messages: PROMPT,
      stream: true,
    });
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      expect(chunk).not.toHaveProperty("usage");
    }
  });

  test("gets an answer no longer than it asked for", async () => {
    const answer = await client.chat.completions.create({
      model: "gpt-4o",
      messages: PROMPT,
      max_tokens: 2,
    });
    expect(answer.choices[0]?.message.content).toBe("Hello,");
    expect(answer.choices[0]?.finish_reason).toBe("length");
    expect(answer.usage?.completion_tokens).toBe(2);
  });

  test("completes a text, whole and streamed", async () => {
    const ask = { model: "gpt-4o", prompt: "Say hello" };
    const answer = await client.completions.create(ask);
    expect(answer.choices[0]).toMatchObject({ text: "Hello, world!", finish_reason: "stop" });

    let text = "";
    for await (const chunk of await client.completions.create({ ...ask, stream: true })) {
      text += chunk.choices[0]?.text ?? "";
    }
    expect(text).toBe("Hello, world!");
  });

  test("gets embeddings in which near texts are near", async () => {
    const { data, usage } = await client.embeddings.create({
      model: "text-embedding-3-small",
      input: [
        "How do I reset my password?",
        "how do I reset my password",
        "The whale is the largest animal on Earth.",
      ],
    });
    const [first, near, far] = data.map(({ embedding }) => embedding);
    expect(dot(first, first)).toBeCloseTo(1, 5);
    expect(dot(first, near)).toBeGreaterThan(0.9);
    expect(dot(first, far)).toBeLessThan(0.3);
    expect(usage.total_tokens).toBe(22);
  });

  test("gets the same embedding as numbers and as base64, in the length it wants", async () => {
    const ask = { model: "m", input: "one text", dimensions: 64 };
    const numbers = await client.embeddings.create({ ...ask, encoding_format: "float" });
    const base64 = await client.embeddings.create(ask); // the client asks for base64 and decodes
    expect(numbers.data[0]?.embedding).toHaveLength(64);
    expect(base64.data[0]?.embedding).toEqual(numbers.data[0]?.embedding);
  });

  test("is told what its request lacks", async () => {
    const call = client.chat.completions.create({ model: "", messages: PROMPT });
    await expect(call).rejects.toMatchObject({ status: 400, code: "invalid_request" });
  });
});

describe("a model with a key of its own", () => {
  test("refuses every other key, and its own when another one came along", async () => {
    const model = await startMockModel({ providerKey: "sk-provider" });
    const status = async (authorization: string, more: Record<string, string> = {}) =>
      (await fetch(`${model.url}/v1/models`, { headers: { authorization, ...more } })).status;
    expect(await status("Bearer sk-provider")).toBe(200);
    expect(await status("Bearer sk-consumer")).toBe(401);
    expect(await status("sk-provider")).toBe(401);
    expect(await status("Bearer sk-provider", { "x-api-key": "sk-consumer" })).toBe(401);
    await model.stop();
  });
});

describe("what the model saw", () => {
  test("is told in the answer: the consumer, and whose key came", async () => {
    const model = await startMockModel({ providerKey: "sk-provider" });
    const response = await fetch(`${model.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer sk-provider", "x-mse-consumer": "team-a" },
      body: JSON.stringify({ model: "gpt-4o", messages: PROMPT }),
    });
    expect(response.headers.get("x-mock-consumer")).toBe("team-a");
    expect(response.headers.get("x-mock-credential")).toBe("provider");
    expect(await response.text()).toContain("Hello team-a, this is gpt-4o.");
    await model.stop();
  });

  test("is kept for tests with full headers, and shown to people without secrets", async () => {
    const model = await startMockModel();
    const headers = {
      authorization: "Bearer sk-secret-1234",
      "x-api-key": "topsecret",
      "x-a": "b",
    };
    await fetch(`${model.url}/v1/models?key=topsecret`, { headers });
    expect(model.requests()[0]).toMatchObject({ number: 1, method: "GET", headers });

    const shown = await (await fetch(`${model.url}/mock/requests?last=1`)).text();
    expect(shown).not.toContain("secret");
    expect(JSON.parse(shown)).toMatchObject([
      {
        path: "/v1/models?…",
        headers: { authorization: "Bearer sk-s…", "x-api-key": "tops…", "x-a": "b" },
      },
    ]);
    await model.stop();
  });

  test("is forgotten after a hundred requests, or when told", async () => {
    const model = await startMockModel();
    for (let sent = 0; sent < 103; sent++) await fetch(`${model.url}/v1/models`);
    expect(model.requests()).toHaveLength(100);
    expect(model.requests()[0]?.number).toBe(4);
    await fetch(`${model.url}/mock/requests`, { method: "DELETE" });
    expect(model.requests()).toEqual([]);
    await model.stop();
  });
});

function dot(a: number[] = [], b: number[] = []): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
