import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import {
  callsOf,
  describeCall,
  METHODS,
  piecesOf,
  type Call,
} from "../plugins/token-quota/admin-matrix.js";
import { startGateway, type Gateway } from "./gateway.js";

// An admin call never reaches the upstream and never hangs, whatever it looks like: the calls of the
// harness in a real Envoy.

const LIMIT_MS = 60_000;
const CLIENTS = 8;
/** Of the calls of the harness. */
const EVERY = 3;
const NAME = "token-quota";

let upstream: Server;
let seen = 0;
let gateway: Gateway | null = null;

beforeAll(async () => {
  await buildPlugins([NAME], ["envoy"]);
  upstream = createServer((incoming, answer) => {
    seen++;
    incoming.resume();
    answer.end("{}");
  });
  await new Promise<void>((ready) => upstream.listen(0, "127.0.0.1", ready));
}, LIMIT_MS);
afterAll(() => {
  upstream.closeAllConnections();
  upstream.close();
});
afterEach(async () => {
  await gateway?.envoy.stop();
  gateway = null;
});

/** The status it is answered with. Rejects when the connection breaks before that. */
function send(agent: Agent, port: number, method: string, call: Call): Promise<number> {
  const { path, bytes, headers, shape } = call;
  return new Promise((done, fail) => {
    const hasLength = bytes !== null && shape === "whole";
    const outgoing = request({
      agent,
      host: "127.0.0.1",
      port,
      method,
      path: `/any/prefix/v1/chat/completions/quota${path}`,
      headers: {
        "x-mse-consumer": "admin",
        ...headers,
        ...(hasLength && { "content-length": bytes.length }),
        ...(bytes !== null && !hasLength && { "transfer-encoding": "chunked" }),
        ...(shape === "trailers" && { trailer: "x-t" }),
      },
    });
    let isAnswered = false;
    outgoing.on("response", (answer) => {
      isAnswered = true;
      answer.resume().on("error", () => undefined);
      done(answer.statusCode ?? 0);
    });
    // The gateway may answer and close before it has read all of a long body.
    outgoing.on("error", (error) => isAnswered || fail(error));
    for (const piece of piecesOf(call)) outgoing.write(piece);
    if (shape === "trailers") outgoing.addTrailers({ "x-t": "1" });
    outgoing.end();
  });
}

const EXTENDED = { admin_consumer: "admin", admin_extensions: true, usage_report: true };

test.each([
  ["headers are held for a body", {}, true],
  ["they cannot be held", { body_hold: false }, false],
] as const)(
  "%s: every call is answered here",
  async (_what, more, allowOnHeadersStopIteration) => {
    const config = JSON.stringify({ ...EXTENDED, store: { type: "shared" }, ...more });
    const plugin = { name: NAME, config, file: `build/envoy/${NAME}.wasm` };
    gateway = await startGateway({
      plugins: [{ ...plugin, allowOnHeadersStopIteration }],
      upstreamPort: (upstream.address() as AddressInfo).port,
      manager: { http_protocol_options: { enable_trailers: true } },
    });
    const { port } = gateway;
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const before = seen;
    const statuses = new Set<number>();
    const all = METHODS.flatMap((method) =>
      [...callsOf(method, false)].map((call) => ({ method, call })),
    ).filter((_, i) => i % EVERY === 0);
    const client = async (): Promise<void> => {
      for (let next = all.pop(); next; next = all.pop()) {
        const { method, call } = next;
        const status = await send(agent, port, method, call).catch((error: Error) => {
          throw new Error(`${method} ${describeCall(call)}: ${error.message}`);
        });
        statuses.add(status);
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    agent.destroy();
    expect(seen - before).toBe(0);
    // 400: also Envoy's own, to what is no HTTP for it.
    expect([...statuses].sort()).toEqual([200, 400, 403]);
  },
  LIMIT_MS,
);

test("a stranger's refresh is refused at once where headers cannot be held", async () => {
  const config = JSON.stringify({ ...EXTENDED, store: { type: "shared" } });
  const plugin = { name: NAME, config, file: `build/envoy/${NAME}.wasm` };
  gateway = await startGateway({
    plugins: [{ ...plugin, allowOnHeadersStopIteration: false }],
    upstreamPort: (upstream.address() as AddressInfo).port,
  });
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/v1/chat/completions/quota/refresh`, {
    method: "POST",
    headers: { "x-mse-consumer": "bob" },
    body: "consumer=bob&quota=9",
  });
  expect(answer.status).toBe(403);
}, 30_000);
