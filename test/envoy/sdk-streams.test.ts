import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildPlugin } from "../unit/sdk/build.js";
import { startGateway, type Gateway } from "./gateway.js";

// What the SDK promises about streams that act on each other, in the real Envoy; the same driver in
// the harness: test/unit/sdk/reach.test.ts.

const LIMIT_MS = 120_000;

let wasm: string;
let backend: Server;
let gateway: Gateway | null = null;
const seen: [path: string, headers: IncomingMessage["headers"]][] = [];

beforeAll(async () => {
  wasm = await buildPlugin("test/unit/sdk/driver/reach.ts");
  backend = createServer((request, response) => {
    seen.push([request.url ?? "", request.headers]);
    response.write("one ");
    response.end("two");
  });
  await new Promise<void>((ready) => backend.listen(0, "127.0.0.1", ready));
}, LIMIT_MS);
afterAll(() => backend.close());
afterEach(async () => {
  await gateway?.envoy.stop();
  gateway = null;
  seen.length = 0;
});

/** Fetches a path; every answer comes within the time of a test or the test fails. */
async function start(config: string): Promise<(path: string) => Promise<Response>> {
  const { port } = backend.address() as AddressInfo;
  const plugin = { name: "reach", config, file: wasm };
  gateway = await startGateway({
    plugins: [plugin],
    upstreamPort: port,
    clusters: { check: port },
  });
  const { url } = gateway;
  return (path) => fetch(url + path);
}

test(
  "a held request is released, its headers edited, in the callback of another",
  async () => {
    const get = await start("");
    const held = get("/hold");
    // The held one has to come first; nothing tells from outside that it did.
    await expect
      .poll(async () => (await get("/release")).status === 200 && seen.some(([p]) => p === "/hold"))
      .toBe(true);
    expect((await held).status).toBe(200);
    const [, headers] = seen.find(([path]) => path === "/hold")!;
    expect(headers["x-released"]).toBe("1");
    expect(seen.filter(([path]) => path === "/hold")).toHaveLength(1);
  },
  LIMIT_MS,
);

test(
  "a held request is released by a tick",
  async () => {
    const get = await start("release");
    expect((await get("/hold")).status).toBe(200);
    expect(seen[0]?.[1]["x-released"]).toBe("1");
  },
  LIMIT_MS,
);

test(
  "a held request is answered by a tick",
  async () => {
    const get = await start("refuse");
    expect((await get("/hold")).status).toBe(418);
    expect(seen).toEqual([]);
  },
  LIMIT_MS,
);

test(
  "a request that tries to refuse another goes on, and the other is refused by the tick",
  async () => {
    const get = await start("refuse");
    const held = get("/hold");
    expect((await get("/refuse")).status).toBe(200);
    expect((await held).status).toBe(418);
  },
  LIMIT_MS,
);

test(
  "resuming in one's own callback is answering Continue: the request is sent once",
  async () => {
    const get = await start("");
    expect((await get("/at-once")).status).toBe(200);
    expect(seen.map(([path, headers]) => [path, headers["x-still"]])).toEqual([
      ["/at-once", "writable"],
    ]);
  },
  LIMIT_MS,
);

test(
  "a held answer goes on although the plugin never saw its headers",
  async () => {
    const get = await start("");
    expect(await (await get("/held-answer")).text()).toBe("one two");
  },
  LIMIT_MS,
);

test(
  "trying to answer from the log callback does nothing, and Envoy lives",
  async () => {
    const get = await start("");
    for (let i = 0; i < 3; i++) expect((await get("/reply-in-log")).status).toBe(200);
  },
  LIMIT_MS,
);

test(
  "a reply goes out without the headers that would split it",
  async () => {
    const get = await start("");
    const answer = await get("/bad-reply");
    expect(answer.status).toBe(418);
    expect(answer.headers.get("x-good")).toBe("1");
    expect(answer.headers.get("x-split")).toBeNull();
  },
  LIMIT_MS,
);
