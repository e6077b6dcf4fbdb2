import { createServer, request, type Server } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startGateway, type Gateway } from "./gateway.js";

// A WebSocket has no body to read the model from, and headers that differ between HTTP/1.1
// (GET and upgrade) and HTTP/2 (extended CONNECT, RFC 8441). Envoy shows both as the former.

const LIMIT = 300_000;
const PATH = "/v1/realtime?model=";
const KEYS = { "x-api-key": "k1" };

let model: Server;
let gateway: Gateway;
/** Consumers of the handshakes that reached the model. */
const seen: unknown[] = [];

beforeAll(async () => {
  await buildPlugins(["key-auth"], ["envoy"]);
  model = createServer();
  model.on("upgrade", ({ headers }, socket) => {
    seen.push(headers["x-mse-consumer"]);
    socket.end(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    );
  });
  await new Promise<void>((ready) => model.listen(0, "127.0.0.1", ready));
  const consumers = [{ name: "picky", credential: "k1", allow_models: ["gpt-realtime"] }];
  gateway = await startGateway({
    plugins: [
      {
        name: "key-auth",
        config: JSON.stringify({ keys: ["x-api-key"], in_header: true, consumers }),
        file: "build/envoy/key-auth.wasm",
      },
    ],
    upstreamPort: (model.address() as AddressInfo).port,
    manager: {
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http2_protocol_options: { allow_connect: true },
    },
  });
}, LIMIT);
afterAll(async () => {
  await gateway.envoy.stop();
  model.close();
});

function overH1(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${gateway.url}${path}`, {
      headers: { connection: "Upgrade", upgrade: "websocket", ...headers },
    });
    asked.on("upgrade", ({ statusCode = 0 }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject).end();
  });
}

async function overH2(path: string, headers: Record<string, string>): Promise<number> {
  const session = connect(gateway.url);
  try {
    await new Promise((ready) => session.once("remoteSettings", ready));
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "http",
      ":path": path,
      ...headers,
    });
    return await new Promise<number>((resolve, reject) => {
      stream.on("response", (answer) => resolve(Number(answer[":status"])));
      stream.on("error", reject);
    });
  } finally {
    session.destroy();
  }
}

test.each([
  ["HTTP/1.1", overH1, 101],
  ["HTTP/2", overH2, 200],
] as const)("over %s the model in the query decides", async (_protocol, open, opened) => {
  seen.length = 0;
  expect(await open(`${PATH}gpt-realtime`, KEYS)).toBe(opened);
  expect(await open(`${PATH}gpt-4o`, KEYS)).toBe(403);
  expect(await open("/v1/realtime", KEYS)).toBe(403);
  expect(await open(`${PATH}gpt-realtime`, {})).toBe(401);
  expect(seen).toEqual(["picky"]);
});
