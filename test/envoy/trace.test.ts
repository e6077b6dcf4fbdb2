import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHost, upstream, type Host } from "proxy-wasm-test";
import { startGateway, type Gateway } from "./gateway.js";

// The harness's `toEnvoyLog` against what Envoy itself writes at the level trace, line by line.

const LIMIT_MS = 120_000;
const REQUEST_ID = "11111111-2222-4333-8444-555555555555";
const HEADERS = { "x-request-id": REQUEST_ID, accept: "*/*", "user-agent": "trace" };
const CONFIG = JSON.stringify({
  keys: ["x-api-key"],
  in_header: true,
  global_auth: true,
  consumers: [{ name: "alice", credential: "0123456789abcdef" }],
});
const plugin = {
  name: "key-auth",
  config: CONFIG,
  allowOnHeadersStopIteration: true,
  failurePolicy: "FAIL_RELOAD" as const,
};

let backend: Server;
let gateway: Gateway;
let host: Host;

beforeAll(async () => {
  backend = createServer((request, response) => {
    request.resume().on("end", () => response.end("ok"));
  });
  await new Promise<void>((ready) => backend.listen(0, "127.0.0.1", ready));
  const { port } = backend.address() as AddressInfo;
  const file = `${process.cwd()}/build/envoy/key-auth.wasm`;
  gateway = await startGateway({ plugins: [{ ...plugin, file }], upstreamPort: port });
  await gateway.envoy.setWasmLogLevel("trace");
  host = await createHost({
    plugins: [{ ...plugin, wasm: file, vmId: "test" }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    trace: { vms: ["worker0"] },
  });
}, LIMIT_MS);
afterAll(async () => {
  await host.close();
  await gateway.envoy.stop();
  backend.close();
});

/** Lines with pointers replaced: numbers that can be one, and what the allocator answers. */
function comparable(lines: readonly string[]): string[] {
  const spell = (value: string) => (/^\d{4,9}$/.test(value) ? "<pointer>" : value);
  return lines.map((line) =>
    line
      .replace(/(memory_allocate return: )\d+/, "$1<pointer>")
      .replace(/\((.*)\)$/, (_, args: string) => `(${args.split(", ").map(spell).join(", ")})`),
  );
}

/** A request without the headers that `fetch` adds; resolves with the status. */
function post(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${gateway.url}/v1`, { method: "POST", headers, agent: false }, (answer) =>
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0)),
    );
    call.on("error", reject).end("abc");
  });
}

/** The same request through both: the lines of ours and those of Envoy. */
async function both(extra: Record<string, string>): Promise<[string[], string[]]> {
  const { envoy, url } = gateway;
  const headers = { ...HEADERS, ...extra };
  const from = envoy.log.length;
  const status = await post({ ...headers, "content-length": "3" });
  const real = (): string[] =>
    envoy.log.slice(from).flatMap(({ component, text }) => (component === "wasm" ? [text] : []));

  host.trace!.clear();
  const answer = await host.fetch(`${url}/v1`, { headers, method: "POST", body: "abc" });
  expect(answer.status).toBe(status);
  const ours = host.trace!.toEnvoyLog().split("\n");
  await expect.poll(() => real().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(ours.length);
  return [ours, real()];
}

test.each([
  ["denied", {}],
  ["allowed", { "x-api-key": "0123456789abcdef" }],
] as [string, Record<string, string>][])(
  "%s: the same calls in the same order",
  async (_name, headers) => {
    const [ours, real] = await both(headers);
    expect(ours.join("\n")).toContain("[vm->host] env.proxy_get_header_map_pairs(0, ");
    expect(comparable(ours)).toEqual(comparable(real));
  },
  LIMIT_MS,
);
