import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startGateway, type Gateway } from "./gateway.js";

const LIMIT_MS = 300_000;
const MIB = 1024 * 1024;

/** A request as one of the models saw it. */
interface Visit {
  model: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const visits: Visit[] = [];
const models: Server[] = [];
/** Model → port. */
const ports: Record<string, number> = {};

async function startModel(model: string): Promise<void> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      visits.push({ model, headers: request.headers, body: Buffer.concat(parts) });
      response.end(model);
    });
    request.on("error", () => undefined);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  models.push(server);
  ports[model] = (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  await buildPlugins(["model-router"], ["envoy"]);
  for (const model of ["openai", "deepseek"]) await startModel(model);
}, LIMIT_MS);
afterAll(() => {
  for (const server of models) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => (visits.length = 0));

/** An Envoy whose routes look at the model's header; what they do not know goes to openai. */
function gateway(config: object, route = {}): Promise<Gateway> {
  const virtual_hosts = [
    {
      name: "all",
      domains: ["*"],
      routes: [
        {
          match: {
            prefix: "/",
            headers: [{ name: "x-higress-llm-model", string_match: { exact: "deepseek-r1" } }],
          },
          route: { cluster: "deepseek", timeout: "0s" },
        },
        { match: { prefix: "/" }, route: { cluster: "backend", timeout: "0s" }, ...route },
      ],
    },
  ];
  return startGateway({
    plugins: [
      {
        name: "model-router",
        config: JSON.stringify(config),
        file: "build/envoy/model-router.wasm",
      },
    ],
    upstreamPort: ports["openai"]!,
    clusters: { deepseek: ports["deepseek"]! },
    manager: { route_config: { virtual_hosts } },
  });
}

async function ask(
  gate: Gateway,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; model: string }> {
  const answer = await fetch(`${gate.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
  return { status: answer.status, model: await answer.text() };
}

describe("a route table that looks at the model's header", () => {
  let gate: Gateway;
  beforeAll(async () => {
    const config = {
      modelToHeader: "x-higress-llm-model",
      modelMapping: { reasoner: "deepseek-r1" },
    };
    gate = await gateway(config, { request_body_buffer_limit: 32 * MIB });
  }, LIMIT_MS);
  afterAll(() => gate.envoy.stop());

  test("is chosen from once more when the body has named the model", async () => {
    expect((await ask(gate, '{"model":"deepseek-r1"}')).model).toBe("deepseek");
    expect((await ask(gate, '{"model":"gpt-4o"}')).model).toBe("openai");
  });

  test("a name is written in its place; the rest of 5 MB travels on byte for byte", async () => {
    const rest = `,"messages":[{"role":"user","content":"${"é\\n".repeat((5 * MIB) / 4)}"}]}`;
    const { status, model } = await ask(gate, `{ "model" : "reasoner"${rest}`);
    expect([status, model]).toEqual([200, "deepseek"]);
    const [visit] = visits;
    const expected = Buffer.from(`{ "model" : "deepseek-r1"${rest}`);
    expect(visit!.body.equals(expected)).toBe(true);
    expect(visit!.headers["content-length"]).toBe(String(expected.length));
  });

  test("so it does when the model stands at the end", async () => {
    const start = `{"messages":[{"role":"user","content":"${"a".repeat(5 * MIB)}"}],"model":"`;
    expect((await ask(gate, `${start}reasoner" }`)).model).toBe("deepseek");
    expect(visits[0]!.body.equals(Buffer.from(`${start}deepseek-r1" }`))).toBe(true);
  });
});
