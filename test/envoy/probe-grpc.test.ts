import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { defaultAnswer, type RequestStep } from "../scenario/scenario.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { sendH1 } from "./client-h1.js";
import { Envoy, sleep } from "./envoy.js";
import { freePorts } from "../support/ports.js";
import { GrpcCluster, GrpcServer, message, type GrpcAnswer } from "./probe-grpc.js";
import { ScriptedUpstream } from "./upstream.js";

// E14: gRPC calls and streams. What the plugin hears must be the same in Envoy and in the harness.
const DONE = { "grpc-status": "0" };
const ANSWERS: Record<string, GrpcAnswer> = {
  ok: {
    headers: { "x-initial": "1" },
    data: [message("hi")],
    trailers: { ...DONE, "x-trail": "2" },
  },
  empty: { data: [message("")], trailers: DONE },
  split: { data: [message("hi").subarray(0, 3), message("hi").subarray(3)], trailers: DONE },
  none: { trailers: DONE },
  two: { data: [message("one"), message("two")], trailers: DONE },
  "at-once": { headers: { "grpc-status": "5", "grpc-message": "no%20such" } },
  "ok-at-once": { headers: DONE },
  late: { data: [message("hi")], trailers: { "grpc-status": "7", "grpc-message": "not you" } },
  "late-empty": { trailers: { "grpc-status": "16" } },
  "no-status": { data: [message("hi")], trailers: { "x-trail": "2" } },
  "bad-status": { data: [message("hi")], trailers: { "grpc-status": "many" } },
  "no-trailers": { data: [message("hi")] },
  compressed: { data: [message("hi", 1)], trailers: DONE },
  cut: { data: [message("hi").subarray(0, 6)], trailers: DONE },
  "plain-text": { headers: { "content-type": "text/plain" }, data: [Buffer.from("hello, you")] },
  400: { status: 400, data: [Buffer.from("?")] },
  401: { status: 401, data: [Buffer.from("?")] },
  403: { status: 403, data: [Buffer.from("?")] },
  404: { status: 404, headers: { "content-type": "text/html" }, data: [Buffer.from("<p>")] },
  "404-empty": { status: 404 },
  429: { status: 429, data: [Buffer.from("?")] },
  500: { status: 500, data: [Buffer.from("?")] },
  503: { status: 503, data: [Buffer.from("?")] },
  "503-status": { status: 503, headers: { "grpc-status": "8", "grpc-message": "full" } },
  reset: { silent: true, then: "reset" },
  "reset-later": { data: [message("hi")], then: "reset" },
  never: { silent: true },
  "never-ends": { data: [message("hi")], then: "never" },
};

/** Answers without a fault of their own; what a gRPC library says of others is not copied. */
const SOUND = ["ok", "empty", "split", "none", "two", "late", "late-empty"].concat([
  "400",
  "401",
  "403",
  "404",
  "404-empty",
  "429",
  "503",
]);

const HEARD = `
grpc_initial get 4 x-initial
grpc_receive buffer 5 0 99
grpc_receive status
grpc_trailing get 5 x-trail
grpc_close status
grpc_close buffer 5 0 99`;
const GOES_ON = "effective\n$ continue 0".split("\n");
const resume = (callback: string) => GOES_ON.map((op) => `${callback} ${op.replace("$ ", "")}`);

const call = (method: string, cluster = "grpc", timeoutMs = 0) => [
  `request_headers gcall ${timeoutMs} ${cluster} ${method} x-sent=1 hello`,
  "request_headers return 4",
  ...HEARD.trim().split("\n"),
  ...resume("grpc_receive"),
  ...resume("grpc_close"),
];
const stream = (method: string, steps: readonly string[], cluster = "grpc") => [
  `request_headers gstream 0 ${cluster} ${method} -`,
  ...steps,
  "request_headers return 4",
  ...HEARD.trim().split("\n"),
  ...resume("grpc_close"),
];
const SENT = ["request_headers gsend 0 1 hello"];
/** Nothing will come: the request goes on by itself. */
const atOnce = (steps: readonly string[]) => steps.filter((step) => !/return|effective/.test(step));

/** Stands for a message {google_grpc {target_uri, stat_prefix}} that names the server. */
const GOOGLE = "%google";

function escaped(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** The steps of a case, with the server's address where they name it. */
function stepsOf(i: number): string {
  const uri = Buffer.from(address);
  const google = [0x0a, uri.length, ...uri, 0x22, 1, 0x78];
  const service = escaped(Uint8Array.of(0x12, google.length, ...google));
  return CASES[i]![1].join("\n").replace(GOOGLE, service);
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ...Object.keys(ANSWERS)
    .filter((name) => !name.startsWith("never"))
    .map((name) => [`call: ${name}`, call(name)] as const),
  ["call: timeout", call("never", "grpc", 200)],
  ["call: timeout after a message", call("never-ends", "grpc", 200)],
  ["call: refused", call("ok", "refused")],
  ["call: no endpoint", atOnce(call("ok", "nowhere"))],
  ["call: unknown cluster", atOnce(call("ok", "nobody"))],
  ["call: a message that names the cluster", call("ok", "%0a%06%0a%04grpc")],
  ["call: a message that names an unknown cluster", atOnce(call("ok", "%0a%03%0a%01x"))],
  ["call: a message that names no cluster", atOnce(call("ok", "%0a%00"))],
  ["call: no message", atOnce(call("ok", "%0a%7f"))],
  ["call: google_grpc without a target", call("ok", "%12%00")],
  ["call: google_grpc that nobody hears", call("ok", "%12%10%0a%0b127.0.0.1:1%22%01x")],
  ...SOUND.map((name) => [`call over google_grpc: ${name}`, call(name, GOOGLE, 5000)] as const),
  ["call over google_grpc: timeout", call("never", GOOGLE, 200)],
  ...SOUND.map((name) => [`stream over google_grpc: ${name}`, stream(name, SENT, GOOGLE)] as const),
  ["stream: google_grpc that nobody hears", stream("ok", SENT, "%12%10%0a%0b127.0.0.1:1%22%01x")],
  ["stream: a message that names an unknown cluster", atOnce(stream("ok", [], "%0a%03%0a%01x"))],
  ["call: cancelled", atOnce([...call("ok"), "request_headers gcancel 0", "request_headers gcancel 0"])],
  ["call: closed", atOnce([...call("ok"), "request_headers gclose 0", "request_headers gclose 0"])],
  ["call: send on it", [...call("ok"), "request_headers gsend 0 1 more", "request_headers gsend 4 1 more"]],
  ["call: numbers of nobody", [...call("ok"), "request_headers gclose 4", "request_headers gcancel 4", "request_headers gclose 3", "request_headers gcancel 3"]],
  ...Object.keys(ANSWERS)
    .filter((name) => !name.startsWith("never"))
    .map((name) => [`stream: ${name}`, stream(name, SENT)] as const),
  ["stream: two messages out", stream("ok", ["request_headers gsend 0 0 one", "request_headers gsend 0 1 two"])],
  ["stream: closed after a message", stream("ok", ["request_headers gsend 0 0 one", "request_headers gclose 0"])],
  ["stream: closed twice", stream("ok", ["request_headers gclose 0", "request_headers gclose 0"])],
  ["stream: send after the end", stream("ok", [...SENT, "request_headers gsend 0 1 more"])],
  ["stream: cancelled", atOnce(stream("ok", [...SENT, "request_headers gcancel 0", "request_headers gsend 0 1 more"]))],
  ["stream: refused", stream("ok", SENT, "refused")],
  ["stream: no endpoint", atOnce(stream("ok", [], "nowhere"))],
  ["stream: unknown cluster", atOnce(stream("ok", [], "nobody"))],
]; // prettier-ignore

const STEP: RequestStep = {
  method: "GET", path: "/a", headers: [], body: null, trailers: [], protocol: "h1",
  chunked: false, abort: false, afterMs: 0,
}; // prettier-ignore

let wasm = "";
/** Of the gRPC server. */
let address = "";
let envoy: Envoy;
const ports = new Map<string, number>();
const server = new GrpcServer(ANSWERS);
const backend = new ScriptedUpstream("backend", () => defaultAnswer());

beforeAll(async () => {
  wasm = await buildFixture("probe");
  const [refused = 0] = await freePorts(1);
  const port = await server.start();
  address = `127.0.0.1:${port}`;
  envoy = await Envoy.start({
    bootstrap: bootstrap([
      { name: "backend", port: await backend.start() },
      { name: "grpc", port, h2: true },
      { name: "refused", port: refused, h2: true },
      { name: "nowhere", port: null, h2: true },
    ]),
    files: { [LISTENERS]: listenersFile([]) },
  });
  const listeners = listenersFile(CASES.map((_, i) => listener(i)));
  envoy.moveIn(LISTENERS, listeners.replaceAll("%FOLDER%", envoy.folder));
  while (ports.size < CASES.length) {
    await sleep(50);
    const known = JSON.parse(await envoy.get("/listeners?format=json")) as Statuses;
    for (const { name, local_address } of known.listener_statuses ?? [])
      ports.set(name, local_address.socket_address.port_value);
  }
}, 300_000);
afterAll(async () => {
  await envoy.stop();
  await backend.stop();
  server.stop();
});

interface Statuses {
  listener_statuses?: { name: string; local_address: { socket_address: { port_value: number } } }[];
}

function listener(i: number) {
  const plugin = {
    name: "probe",
    rootId: "",
    config: stepsOf(i),
    file: wasm,
    failurePolicy: "FAIL_CLOSED" as const,
    allowOnHeadersStopIteration: true,
  };
  return { id: `grpc-${i}`, plugins: [plugin], routes: [], attributes: [] };
}

async function inEnvoy(i: number): Promise<string[]> {
  const marker = ` grpc-${i}: `;
  await sendH1(ports.get(`grpc-${i}`)!, STEP);
  const lines = () =>
    envoy.log.flatMap(({ component, text }) =>
      component === "wasm" && text.startsWith("wasm log ") && text.includes(marker)
        ? [text.slice(text.indexOf(marker) + marker.length)]
        : [],
    );
  while (!lines().includes("delete")) await sleep(20);
  await sleep(100);
  return lines();
}

async function inHarness(i: number): Promise<string[]> {
  await using host = await createHost({
    plugins: [{ name: "probe", wasm, config: stepsOf(i) }],
    clusters: {
      backend: upstream().after(1).reply(200, { body: "ok" }),
      grpc: new GrpcCluster(ANSWERS),
      [address]: new GrpcCluster(ANSWERS),
      refused: upstream().refuse(),
      nowhere: upstream().noEndpoints(),
    },
    strict: "off",
  });
  await host.fetch("http://a.test/a").settle();
  await host.clock.runToIdle();
  return host.logs.map(({ text }) => text);
}

describe("gRPC sounds the same in Envoy and in the harness", () => {
  test.each(CASES.map(([what], i) => [what, i] as const))(
    "%s",
    { timeout: 60_000 },
    async (_, i) => {
      const real = await inEnvoy(i);
      expect(real).toContain("delete");
      expect(await inHarness(i)).toEqual(real);
    },
  );
});
