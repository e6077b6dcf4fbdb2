import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { envoyPath } from "../../build/tools/fetch.js";
import { gatewayBootstrap, type WasmFilter } from "../../examples/demo/bootstrap.js";
import { reasonsIn, startEnvoy } from "../../examples/demo/envoy.js";
import { startMockModel, type MockModel } from "../../examples/demo/mock-model/index.js";
import { isListening } from "../../examples/demo/waiting.js";
import { freePorts } from "../support/ports.js";
import { isAlive } from "../support/process.js";

let folder: string;
let model: MockModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gateway-"));
  model = await startMockModel();
});
afterAll(async () => {
  await model.stop();
  rmSync(folder, { recursive: true });
});

async function options(filters: WasmFilter[]) {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const bootstrap = gatewayBootstrap({ port, adminPort, modelPort: model.port, filters });
  return { program: await envoyPath(), bootstrap, folder, adminPort, ports: [port], workers: 1 };
}

test("a gateway answers from the moment it counts as started, and is gone when stopped", async () => {
  const envoy = await startEnvoy(await options([]));
  const config = JSON.parse(readFileSync(join(folder, "envoy.json"), "utf8"));
  const { port_value: port } = config.static_resources.listeners[0].address.socket_address;
  expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(200);

  await envoy.stop();
  expect(isAlive(envoy.pid)).toBe(false);
  expect(await isListening(port)).toBe(false);
  await envoy.stop(); // once more does no harm
});

test("a plugin that does not load is a start that fails, with Envoy's own reason", async () => {
  const file = join(folder, "broken.wasm");
  writeFileSync(file, "not a module");
  const start = startEnvoy(await options([{ plugin: "broken", config: {}, file }]));
  await expect(start).rejects.toThrow(
    /^Envoy did not start \(exit code 1\); its log says:\n.*wasm/is,
  );
});

test("a configuration the plugin refuses is a start that fails, with the plugin's reason", async () => {
  const config = { global_auth: true, keys: ["x-api-key"], in_header: true, consumers: [] };
  const start = startEnvoy(await options([{ plugin: "key-auth", config }]));
  await expect(start).rejects.toThrow(/\[key-auth\].*parse config failed.*consumers/);
});

test("a program that cannot be run is a start that fails", async () => {
  const start = startEnvoy({ ...(await options([])), program: join(folder, "missing") });
  await expect(start).rejects.toThrow(/^Envoy did not start \(.*ENOENT/);
});

test("of a log, the errors are shown and a plugin's last warning; without errors its end", () => {
  const line = (level: string, text: string) =>
    `[2026-10-01 12:00:00.000][1][${level}][main] ${text}`;
  const log = [line("warning", "a"), line("error", "b"), line("info", "c"), line("critical", "d")];
  expect(reasonsIn(log.join("\n"))).toEqual([log[1], log[3]]);
  const why =
    "[2026-10-01 12:00:00.000][1][warning][wasm] [context.cc:1154] wasm log key-auth: why";
  expect(reasonsIn([why, ...log].join("\n"))).toEqual([why, log[1], log[3]]);
  expect(reasonsIn("one\ntwo\n3\n4\n5\n6\n")).toEqual(["two", "3", "4", "5", "6"]);
});
