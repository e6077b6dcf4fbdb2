import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { sleep } from "./envoy.js";
import { ProbeListeners } from "./probe-listeners.js";

// Whose line it is: the prefix follows the effective context, but in the allocator, where the host is
// at work for itself, a line is nobody's (harness.md 5.1).
const STEPS = [
  "request_headers remember",
  "request_headers allocator 3",
  "request_headers get 0 :path",
  "request_headers allocator 0",
  "request_headers call 1000 backend :method=GET,:path=/c,:authority=a",
  "request_headers return 4",
  "http_call effective first",
  "http_call allocator 3",
  "http_call get 0 :path",
  "http_call allocator 0",
  "http_call continue 0",
];
const STREAM = "wasm log probe probe-0: ";
const NOBODY = "wasm log: ";

let wasm = "";
let gate: ProbeListeners;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  gate = await ProbeListeners.start(wasm, [STEPS]);
}, 300_000);
afterAll(async () => await gate.stop());

const between = (lines: string[]) =>
  lines.slice(0, lines.findIndex((line) => line.endsWith("delete")) + 1);

async function inEnvoy(): Promise<string[]> {
  const from = gate.envoy.log.length;
  await gate.play(0);
  await sleep(50);
  const lines = gate.envoy.log.slice(from);
  return lines.filter(({ component }) => component === "wasm").map(({ text }) => text);
}

async function inHarness(): Promise<string[]> {
  await using host = await createHost({
    plugins: [{ name: "probe", vmId: "probe-0", wasm, config: STEPS.join("\n") }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
  });
  await host.fetch("http://a.test/a").settle();
  const logs = host.trace!.events.filter(({ kind }) => kind === "log");
  // Of the event, the name is the prefix and the result the line.
  return logs.map(({ name, result }) => `${name}${result}`);
}

test("in the allocator a line is nobody's, in Envoy and in the harness", async () => {
  const real = between(await inEnvoy());
  expect(real.filter((line) => line.endsWith("allocator"))).toEqual([
    `${NOBODY}allocator`,
    `${NOBODY}allocator`,
  ]);
  expect(real).toContain(`${STREAM}  get 0 :path = 0 /a`);
  const own = await inHarness();
  expect(between(own.slice(own.findIndex((line) => line.includes("request_headers"))))).toEqual(
    real,
  );
});
