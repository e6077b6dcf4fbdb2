import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ABI, call, MALLOC, UNREACHABLE, wasm } from "../unit/harness/wat.js";
import { sleep } from "./envoy.js";
import { ProbeListeners } from "./probe-listeners.js";

// What stands below the message of a trap: twenty frames at most, by the name section, and nothing
// where there is none.

const LOCAL_0 = [0x20, 0];
const IF_ZERO = [0x45, 0x04, 0x40];
const ELSE = [0x05];
const END = [0x0b];
const MINUS_1 = [0x41, 1, 0x6b];
const BROKEN = 2;
const DEEP = 3;

/** Calls itself as often as it is told, and then traps. */
const exports = (depth: number) => ({
  ...ABI,
  ...MALLOC,
  broken: { body: UNREACHABLE },
  deep: {
    params: "i",
    body: [...LOCAL_0, ...IF_ZERO, ...call(BROKEN), ...ELSE, ...LOCAL_0, ...MINUS_1, ...call(DEEP), ...END],
  },
  proxy_on_request_headers: { params: "iii", results: "i", body: [...call(DEEP, depth), 0x41, 0] },
}); // prettier-ignore
const names = { [BROKEN]: "broken", [DEEP]: "deep" };
const MODULES = {
  "few frames, one without a name": wasm({ exports: exports(2), names }),
  "more than are shown": wasm({ exports: exports(30), names }),
  "globals that the harness exports": wasm({ exports: exports(1), names, globals: 3 }),
  "no name section": wasm({ exports: exports(2) }),
};

let gate: ProbeListeners;
const folder = mkdtempSync(join(tmpdir(), "backtrace-"));
const modules = Object.values(MODULES);
beforeAll(async () => {
  const files = modules.map((_, i) => join(folder, `${i}.wasm`));
  for (const [i, file] of files.entries()) writeFileSync(file, modules[i]!);
  gate = await ProbeListeners.start(
    files,
    files.map(() => []),
  );
}, 300_000);
afterAll(async () => {
  await gate.stop();
  rmSync(folder, { recursive: true });
});

async function inHarness(bytes: Uint8Array): Promise<string> {
  await using host = await createHost({
    plugins: [{ name: "m", wasm: bytes }],
    clusters: { backend: upstream().reply(200) },
    strict: "off",
  });
  await host.fetch("http://a.test/a");
  return host.logs.at(-1)!.text;
}

test.each(Object.keys(MODULES).map((name, i) => [name, i] as const))("%s", async (_, i) => {
  const from = gate.envoy.logText().length;
  await gate.send(i);
  const own = await inHarness(modules[i]!);
  const real = () => gate.envoy.logText().slice(from);
  for (let tries = 0; tries < 100 && real().length < own.length; tries++) await sleep(20);
  expect(real().trim()).toBe(`[error][wasm] ${own}`);
});
