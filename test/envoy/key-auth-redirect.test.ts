import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { buildFixture } from "../scenario/fixture/build.js";
import { startGateway, type Gateway } from "./gateway.js";

const KEY_AUTH = "build/envoy/key-auth.wasm";
const LIMIT_MS = 300_000;

interface Seen {
  path: string;
  consumer: string | undefined;
  key: string | undefined;
  authorization: string | undefined;
  body: string;
}

let backend: Server;
let port: number;
const seen: Seen[] = [];

beforeAll(async () => {
  await buildPlugins(["key-auth"], ["envoy"]);
  // The first pass is sent to another path of the same gateway, as a fallback redirect does.
  backend = createServer((request, response) => {
    void record(request).then(() => {
      const again = request.url?.startsWith("/first");
      response.writeHead(again ? 307 : 200, again ? { location: `http://x/second` } : {});
      response.end(again ? "" : "ok");
    });
  });
  await new Promise<void>((ready) => backend.listen(0, "127.0.0.1", ready));
  ({ port } = backend.address() as AddressInfo);
}, LIMIT_MS);
afterAll(() => backend.close());

async function record(request: IncomingMessage): Promise<void> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += String(part);
  seen.push({
    path: request.url ?? "",
    consumer: request.headers["x-mse-consumer"]?.toString(),
    key: request.headers["x-api-key"]?.toString(),
    authorization: request.headers.authorization,
    body,
  });
}

function gateway(config: object, probed = false): Promise<Gateway> {
  const probe = { name: "probe", config: "", file: "build/unit/fixture-probe.wasm" };
  return startGateway({
    plugins: [
      { name: "key-auth", config: JSON.stringify(config), file: KEY_AUTH },
      ...(probed ? [probe] : []),
    ],
    upstreamPort: port,
    route: { internal_redirect_policy: { redirect_response_codes: [307] } },
  });
}

const GO = { keys: ["x-api-key"], in_header: true };

test(
  "a request whose key was stripped is recognised after an internal redirect",
  async () => {
    const { envoy, url } = await gateway({
      ...GO,
      provider: "p",
      provider_keys: [{ provider: "p", value: "sk-provider" }],
      consumers: [{ name: "c1", credential: "k1" }],
    });
    try {
      seen.length = 0;
      const answer = await fetch(`${url}/first`, { headers: { "x-api-key": "k1" } });
      expect(answer.status).toBe(200);
      const pass = {
        consumer: "c1",
        key: undefined,
        authorization: "Bearer sk-provider",
        body: "",
      };
      expect(seen).toEqual([
        { ...pass, path: "/first" },
        { ...pass, path: "/second" },
      ]);
      // Only this stream was authenticated.
      expect((await fetch(`${url}/second`)).status).toBe(401);
    } finally {
      await envoy.stop();
    }
  },
  LIMIT_MS,
);

test(
  "a held body is judged again after an internal redirect",
  async () => {
    const { envoy, url } = await gateway({
      ...GO,
      forward_credential: false,
      consumers: [{ name: "c1", credential: "k1", allow_models: ["m"] }],
    });
    try {
      seen.length = 0;
      const body = '{"model":"m"}';
      const answer = await fetch(`${url}/first`, {
        method: "POST",
        headers: { "x-api-key": "k1" },
        body,
      });
      const pass = { consumer: "c1", key: undefined, authorization: undefined, body };
      expect(seen).toEqual([
        { ...pass, path: "/first" },
        { ...pass, path: "/second" },
      ]);
      expect(answer.status).toBe(200);
    } finally {
      await envoy.stop();
    }
  },
  LIMIT_MS,
);

test(
  "Envoy ends the stream it redirects as any other: log, done, delete",
  async () => {
    await buildFixture("probe");
    const { envoy, url } = await gateway(
      { ...GO, consumers: [{ name: "c", credential: "k1" }] },
      true,
    );
    try {
      await fetch(`${url}/first`, { headers: { "x-api-key": "k1" } }).then((r) => r.text());
      const lines = () =>
        envoy.log
          .filter(({ text }) => text.startsWith("wasm log probe"))
          .map(({ text }) => text.slice(text.lastIndexOf(": ") + 2));
      await expect.poll(() => lines().filter((line) => line === "delete").length).toBe(2);
      const end = ["log", "done", "delete"];
      expect(lines()).toEqual([
        "request_headers end",
        ...end,
        "request_headers end",
        "response_headers",
        "response_body 2",
        "response_body 0 end",
        ...end,
      ]);
    } finally {
      await envoy.stop();
    }
  },
  LIMIT_MS,
);
