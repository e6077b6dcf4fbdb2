import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  PermissionDeniedError,
} from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startMockModel, type MockModel } from "../../examples/demo/mock-model/index.js";
import { startGateway, type Gateway } from "./gateway.js";

const LIMIT_MS = 300_000;
const CONFIG = {
  global_auth: true,
  keys: ["Authorization"],
  in_header: true,
  unknown_key_status: 401,
  max_body_bytes: 2000,
  provider: "mock",
  provider_keys: [{ provider: "mock", value: "sk-provider-key", consumers: ["team-a", "picky"] }],
  consumers: [
    { name: "team-a", credential: "key-of-team-a" },
    { name: "picky", credential: "key-of-picky", allow_models: ["gpt-4o-mini", "text-*"] },
    { name: "old", api_keys: [{ key: "key-of-old", expires_at: "2001-01-01T00:00:00Z" }] },
    { name: "poor", credential: "key-of-poor" },
  ],
};

let model: MockModel;
const gateways: Record<string, Gateway> = {};

beforeAll(async () => {
  await buildPlugins(["key-auth"], ["envoy"]);
  model = await startMockModel();
  for (const format of ["openai", "text", "none"]) {
    gateways[format] = await startGateway({
      plugins: [
        {
          name: "key-auth",
          config: JSON.stringify({ ...CONFIG, error_format: format }),
          file: "build/envoy/key-auth.wasm",
        },
      ],
      upstreamPort: model.port,
    });
    await gateways[format].envoy.get("/logging?wasm=trace", "POST");
  }
}, LIMIT_MS);
afterAll(async () => {
  for (const { envoy } of Object.values(gateways)) await envoy.stop();
  await model.stop();
});
beforeEach(() => model.clearRequests());

function client(apiKey: string, format = "openai"): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${gateways[format]?.url}/v1`, maxRetries: 0 });
}

const chat = (name: string, text = "Hello") => ({
  model: name,
  messages: [{ role: "user" as const, content: text }],
});

/** The error a call ends with. */
async function errorOf(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe("the official OpenAI client", () => {
  test("lists models, also for a consumer who may use few of them", async () => {
    for (const key of ["key-of-team-a", "key-of-picky"]) {
      const page = await client(key).models.list();
      expect(page.data.map(({ id }) => id)).toContain("gpt-4o");
    }
  });

  test("chats; the model sees the provider's key and the consumer's name", async () => {
    const answer = await client("key-of-picky").chat.completions.create(chat("gpt-4o-mini"));
    expect(answer.choices[0]?.message.content).toBeTruthy();
    const [request] = model.requests();
    expect(request?.headers).toMatchObject({
      authorization: "Bearer sk-provider-key",
      "x-mse-consumer": "picky",
    });
    expect(JSON.stringify(request)).not.toContain("key-of-picky");
  });

  test("chats with a stream", async () => {
    for (const key of ["key-of-team-a", "key-of-picky"]) {
      const whole = await client(key).chat.completions.create(chat("gpt-4o-mini"));
      const stream = await client(key).chat.completions.create({
        ...chat("gpt-4o-mini"),
        stream: true,
      });
      const parts: string[] = [];
      for await (const chunk of stream) parts.push(chunk.choices[0]?.delta.content ?? "");
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.join("")).toBe(whole.choices[0]?.message.content);
    }
  });

  test("embeds", async () => {
    const answer = await client("key-of-picky").embeddings.create({
      model: "text-embedding-3-small",
      input: "Hello",
    });
    expect(answer.data).toHaveLength(1);
  });
});

describe("denials as OpenAI errors", () => {
  test.each([
    ["an unknown key", "stolen", "Unauthorized consumer."],
    ["an expired key", "key-of-old", "API key expired."],
  ])("%s is an AuthenticationError", async (_what, key, text) => {
    const error = await errorOf(client(key).chat.completions.create(chat("gpt-4o")));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({
      status: 401,
      code: "invalid_api_key",
      type: "authentication_error",
      param: null,
      message: `401 Request denied by Key Auth check. ${text}`,
    });
    expect(model.requests()).toEqual([]);
  });

  test("no key is an AuthenticationError", async () => {
    const nobody = client("x").withOptions({ defaultHeaders: { authorization: null } });
    expect(await errorOf(nobody.models.list())).toBeInstanceOf(AuthenticationError);
  });

  test.each([
    ["a model that is not allowed", "key-of-picky", "gpt-4o", "model_not_allowed"],
    ["a consumer without a provider key", "key-of-poor", "gpt-4o", "consumer_not_allowed"],
  ])("%s is a PermissionDeniedError", async (_what, key, name, code) => {
    const error = await errorOf(client(key).chat.completions.create(chat(name)));
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, code, type: "permission_error" });
    expect(model.requests()).toEqual([]);
  });

  test("a streamed call fails the same way, before the stream begins", async () => {
    const call = client("key-of-picky").chat.completions.create({
      ...chat("gpt-4o"),
      stream: true,
    });
    expect(await errorOf(call)).toBeInstanceOf(PermissionDeniedError);
  });

  test("a body that is too large has a code of its own", async () => {
    const call = client("key-of-picky").chat.completions.create(
      chat("gpt-4o-mini", "long ".repeat(400)),
    );
    expect(await errorOf(call)).toMatchObject({ status: 413, code: "request_too_large" });
  });

  test("an error of the model itself stays as it is", async () => {
    const call = client("key-of-team-a").chat.completions.create({ ...chat("gpt-4o"), model: "" });
    expect(await errorOf(call)).toBeInstanceOf(BadRequestError);
  });
});

describe("denials in other formats", () => {
  test.each([
    ["text", "401 Request denied by Key Auth check. Unauthorized consumer."],
    ["none", "401 status code (no body)"],
  ])("%s: the class is right, the message is the body", async (format, message) => {
    const error = await errorOf(client("stolen", format).models.list());
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toBe(message);
  });

  test("text: a model that is not allowed is a PermissionDeniedError", async () => {
    const call = client("key-of-picky", "text").chat.completions.create(chat("gpt-4o"));
    const error = await errorOf(call);
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(error.message).toBe("403 Request denied by Key Auth check. Model not allowed.");
  });
});

test("no key of a client, a consumer or a provider is in any log, name or number", async () => {
  await errorOf(client("key-of-nobody").chat.completions.create(chat("gpt-4o")));
  await client("key-of-team-a").chat.completions.create(chat("gpt-4o"));
  for (const { envoy } of Object.values(gateways)) {
    const told = envoy.log.map(({ text }) => text).join("\n") + (await envoy.get("/stats"));
    expect(told).toContain("proxy_send_local_response"); // the trace of host calls is on
    expect(told).toContain("key_auth_invalid");
    expect(told).not.toMatch(/key-of-|sk-provider|stolen/);
  }
});
