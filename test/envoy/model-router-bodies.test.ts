import { request as httpRequest, type ClientRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { Random } from "../conformance/random.js";
import type { Gateway } from "./gateway.js";
import { ask, ModelServers } from "./model-servers.js";

const LIMIT_MS = 300_000;
const MIB = 1024 * 1024;

let models: ModelServers;
beforeAll(async () => {
  await buildPlugins(["model-router"], ["envoy"]);
  models = await ModelServers.start(["openai", "deepseek-r1"]);
}, LIMIT_MS);
afterAll(() => models.stop());
beforeEach(() => {
  models.visits.length = 0;
  models.bytes = 0;
});

const CONFIG = {
  modelToHeader: "x-higress-llm-model",
  modelMapping: { reasoner: "deepseek-r1" },
  enableOnPathSuffix: ["/completions", "/edits"],
};

/** Bytes of all kinds, so that whatever is changed shows. */
function image(size: number): Buffer {
  const random = new Random(5);
  return Buffer.from(Array.from({ length: size }, () => random.below(256)));
}

function form(model: string, file: Buffer): Buffer {
  const start = `--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n`;
  const head =
    '--b0undary\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n' +
    "Content-Type: image/png\r\n\r\n";
  return Buffer.concat([Buffer.from(start + head), file, Buffer.from("\r\n--b0undary--\r\n")]);
}

describe("bodies that are held until they are complete", () => {
  let gate: Gateway;
  beforeAll(async () => {
    gate = await models.gateway(CONFIG, { request_body_buffer_limit: 4 * MIB });
  }, LIMIT_MS);
  afterAll(() => gate.envoy.stop());

  test("an image of 1 MiB in a form travels on byte for byte", async () => {
    const file = image(MIB);
    const headers = { "content-type": "multipart/form-data; boundary=b0undary" };
    const answer = await fetch(`${gate.url}/v1/images/edits`, {
      method: "POST",
      headers,
      body: new Uint8Array(form("reasoner", file)),
    });
    expect([answer.status, await answer.text()]).toEqual([200, "deepseek-r1"]);
    const [visit] = models.visits;
    const expected = form("deepseek-r1", file);
    expect(visit!.body.equals(expected)).toBe(true);
    expect(visit!.headers["content-length"]).toBe(String(expected.length));
    expect(visit!.headers["content-type"]).toBe(headers["content-type"]);
  });

  test.each([
    ["names no model", '{"messages":[]}'],
    ["is no JSON", "model=reasoner"],
    ["was cut off by its writer", '{"messages":[],"model":"reasoner"'],
    ["is empty", ""],
  ])("a body that %s passes as it is, to the route of the rest", async (_what, body) => {
    expect(await ask(gate, body)).toEqual({ status: 200, model: "openai" });
    const [visit] = models.visits;
    expect(visit!.body.toString()).toBe(body);
    expect(visit!.headers).not.toHaveProperty("x-higress-llm-model");
  });

  test("a body whose client goes away in the middle never reaches a model", async () => {
    const text = '{"model":"reasoner","messages":[]}';
    const client = connect(gate.port, "127.0.0.1");
    const length = text.length + 10;
    client.write(
      "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n" +
        `content-length: ${length}\r\n\r\n${text}`,
    );
    await expect.poll(() => active(gate)).toBe(1);
    client.destroy();
    await expect.poll(() => active(gate)).toBe(0);
    expect(await ask(gate, '{"model":"reasoner"}')).toEqual({ status: 200, model: "deepseek-r1" });
    expect(models.visits.map(({ body }) => body.toString())).toEqual(['{"model":"deepseek-r1"}']);
  });
});

/** Requests that are under way, those to Envoy's own admin port not counted. */
async function active(gate: Gateway): Promise<number | undefined> {
  return (await gate.envoy.stats("^http.http.downstream_rq_active")).get(
    "http.http.downstream_rq_active",
  );
}

describe("scan: early, with the body limit that Envoy has by itself", () => {
  let gate: Gateway;
  beforeAll(async () => {
    gate = await models.gateway({ ...CONFIG, scan: "early" });
  }, LIMIT_MS);
  afterAll(() => gate.envoy.stop());

  const rest = `,"messages":[{"role":"user","content":"${"é\\n".repeat((5 * MIB) / 4)}"}]}`;

  test("5 MB pass when the model stands first, and reach the model's route", async () => {
    const { status, model } = await ask(gate, `{ "model" : "reasoner"${rest}`);
    expect([status, model]).toEqual([200, "deepseek-r1"]);
    const [visit] = models.visits;
    expect(visit!.body.equals(Buffer.from(`{ "model" : "deepseek-r1"${rest}`))).toBe(true);
    expect(visit!.headers["transfer-encoding"]).toBe("chunked");
  });

  test("a name that stays keeps the length", async () => {
    const body = `{"model":"deepseek-r1"${rest}`;
    expect(await ask(gate, body)).toEqual({ status: 200, model: "deepseek-r1" });
    const [visit] = models.visits;
    expect(visit!.body.equals(Buffer.from(body))).toBe(true);
    expect(visit!.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  });

  test("5 MB are too much when it stands last", async () => {
    const { status } = await ask(gate, `{"a":1${rest.slice(0, -1)},"model":"reasoner"}`);
    expect(status).toBe(413);
    expect(models.visits).toEqual([]);
  });

  test("a form of 5 MB passes when the model stands before its file", async () => {
    const file = Buffer.alloc(5 * MIB, "\r\n--b0undar-");
    const answer = await fetch(`${gate.url}/v1/images/edits`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=b0undary" },
      body: new Uint8Array(form("reasoner", file)),
    });
    expect([answer.status, await answer.text()]).toEqual([200, "deepseek-r1"]);
    expect(models.visits[0]!.body.equals(form("deepseek-r1", file))).toBe(true);
  });

  test("the model's server sees the beginning before the client has sent the end", async () => {
    const client = chat(gate);
    client.write('{"a":[{"b":"]"}],');
    client.write('"mod');
    client.write('el":"reason');
    client.write('er","messages":[');
    await expect.poll(() => models.bytes).toBeGreaterThan(0);
    expect(models.visits).toEqual([]);
    client.end("]}");
    await expect.poll(() => models.visits.length).toBe(1);
    const [visit] = models.visits;
    expect(visit!.model).toBe("deepseek-r1");
    expect(visit!.body.toString()).toBe('{"a":[{"b":"]"}],"model":"deepseek-r1","messages":[]}');
  });
});

/** A request whose body is still to come. */
function chat(gate: Gateway): ClientRequest {
  return httpRequest(`${gate.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
}
