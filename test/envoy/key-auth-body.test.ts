import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { startGateway, type Gateway } from "./gateway.js";

const LIMIT_MS = 300_000;
const MIB = 1024 * 1024;

let backend: Server;
let port: number;
/** Digests of the bodies that reached the upstream. */
const seen: string[] = [];

beforeAll(async () => {
  await buildPlugins(["key-auth"], ["envoy"]);
  backend = createServer((request, response) => {
    const digest = createHash("sha256");
    request.on("data", (part: Buffer) => digest.update(part));
    request.on("end", () => {
      seen.push(digest.digest("hex"));
      response.end("ok");
    });
    request.on("error", () => undefined);
  });
  await new Promise<void>((ready) => backend.listen(0, "127.0.0.1", ready));
  ({ port } = backend.address() as AddressInfo);
}, LIMIT_MS);
afterAll(() => {
  backend.closeAllConnections();
  backend.close();
});
beforeEach(() => (seen.length = 0));

const CONSUMER = { name: "picky", credential: "k1", allow_models: ["whisper-1"] };
const GO = { keys: ["x-api-key"], in_header: true };
const headers = { "x-api-key": "k1" };

function gateway(config: object, holds: boolean, manager = {}): Promise<Gateway> {
  return startGateway({
    plugins: [
      {
        name: "key-auth",
        config: JSON.stringify({ ...GO, consumers: [CONSUMER], ...config }),
        file: "build/envoy/key-auth.wasm",
        allowOnHeadersStopIteration: holds,
      },
    ],
    upstreamPort: port,
    bufferLimit: 12 * MIB,
    manager,
  });
}

/** A multipart form of `size` bytes; the model is its last field. */
function form(model: string, size: number): { type: string; body: Buffer } {
  const boundary = "----key-auth-test";
  const open = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`;
  const close = `\r\n--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n--${boundary}--\r\n`;
  const noise = Buffer.alloc(size - open.length - close.length, "RIFF\r\n--model\0\xff", "latin1");
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(open), noise, Buffer.from(close)]),
  };
}

describe("a multipart body of 10 MiB for a restricted consumer", () => {
  let held: Gateway;
  beforeAll(async () => void (held = await gateway({}, true)), LIMIT_MS);
  afterAll(() => held.envoy.stop());

  async function upload(model: string, size: number): Promise<{ status: number; digest: string }> {
    const { type, body } = form(model, size);
    const answer = await fetch(`${held.url}/v1/audio/transcriptions`, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body: new Uint8Array(body),
    });
    await answer.arrayBuffer();
    return { status: answer.status, digest: createHash("sha256").update(body).digest("hex") };
  }

  test("travels on byte for byte when its model is allowed", async () => {
    const { status, digest } = await upload("whisper-1", 10 * MIB);
    expect(status).toBe(200);
    expect(seen).toEqual([digest]);
  });

  test("is refused when its model is not", async () => {
    expect((await upload("whisper-2", 10 * MIB)).status).toBe(403);
    expect(seen).toEqual([]);
  });

  test("is refused when it is a byte longer", async () => {
    const denied = async () =>
      (await held.envoy.stats("^wasmcustom.key_auth_model_denied$")).values().next().value ?? 0;
    const before = await denied();
    // The answer comes before the client has sent everything, and may cut it off.
    await upload("whisper-1", 10 * MIB + 1).catch(() => undefined);
    expect(await denied()).toBe(before + 1);
    expect(seen).toEqual([]);
  });
});

describe("an Envoy without allow_on_headers_stop_iteration", () => {
  const ask = async ({ url }: Gateway, path: string): Promise<number> => {
    const init = { method: "POST", headers, body: '{"model":"whisper-1"}' };
    return (await fetch(url + path, init)).status;
  };
  const inPath = "/openai/deployments/whisper-1/audio/transcriptions";

  test(
    "never releases a request whose body may name a model",
    async () => {
      const gate = await gateway({}, false, { stream_idle_timeout: "0.5s" });
      try {
        // Envoy gives up on the idle stream: 504.
        expect(await ask(gate, "/v1/audio/transcriptions")).toBe(504);
        expect(await ask(gate, inPath)).toBe(504);
        expect(seen).toEqual([]);
      } finally {
        await gate.envoy.stop();
      }
    },
    LIMIT_MS,
  );

  test(
    "refuses it at once with body_phase stream_headers",
    async () => {
      const gate = await gateway({ body_phase: "stream_headers" }, false);
      try {
        expect(await ask(gate, "/v1/audio/transcriptions")).toBe(403);
        expect(seen).toEqual([]);
        expect(await ask(gate, inPath)).toBe(200);
      } finally {
        await gate.envoy.stop();
      }
    },
    LIMIT_MS,
  );
});
