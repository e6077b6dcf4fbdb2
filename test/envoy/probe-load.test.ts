import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHost, LoadError, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { Envoy, sleep } from "./envoy.js";
import { MODULES } from "./probe-load.js";

// E01: which modules load, and what the host says of the others.
let envoy: Envoy;
beforeAll(async () => {
  envoy = await Envoy.start({
    bootstrap: bootstrap([{ name: "backend", port: null }]),
    files: { [LISTENERS]: listenersFile([]) },
  });
}, 300_000);
afterAll(async () => await envoy.stop());

/** Words a host says of a module; `loaded` says whether the configuration was taken. */
interface Verdict {
  loaded: boolean;
  words: string[];
}

describe("the harness loads and refuses as Envoy does, with the same words", () => {
  test.each(MODULES.map(([what, bytes], i) => [what, bytes, i] as const))(
    "%s",
    { timeout: 60_000 },
    async (_what, bytes, i) => {
      const real = await loadInEnvoy(bytes, i);
      const { loaded, words } = await loadInHarness(bytes);
      expect(loaded, real.words.join("\n")).toBe(real.loaded);
      for (const line of real.words) expect(words.join("\n")).toContain(line);
    },
  );
});

async function loadInHarness(bytes: Uint8Array): Promise<Verdict> {
  try {
    const host = await createHost({
      plugins: [{ name: "m", wasm: bytes }],
      clusters: { backend: upstream() },
      strict: "off",
    });
    const words = host.logs.map((line) => line.text);
    await host.close();
    return { loaded: true, words };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { loaded: false, words: [error.message] };
  }
}

async function loadInEnvoy(bytes: Uint8Array, i: number): Promise<Verdict> {
  const file = join(envoy.folder, `${i}.wasm`);
  writeFileSync(file, bytes);
  const plugin = {
    name: "m",
    config: "",
    file,
    rootId: "",
    failurePolicy: "FAIL_CLOSED" as const,
    allowOnHeadersStopIteration: true,
  };
  const from = envoy.log.length;
  const before = await loads();
  const rejections = (await envoy.stats(REJECTED)).values().next().value;
  const listeners = [{ id: `load-${i}`, plugins: [plugin], routes: [], attributes: [] }];
  envoy.moveIn(LISTENERS, listenersFile(listeners).replaceAll("%FOLDER%", envoy.folder));
  while ((await loads()) <= before) await sleep(20);
  const rejected = (await envoy.stats(REJECTED)).values();
  const log = envoy.log.slice(from);
  const grave = log.filter(({ component, level }) => component === "wasm" && level !== "warning");
  const words = grave
    .map(({ text }) => text.replace(/^Wasm VM failed /, ""))
    // Said of the filter's other VMs, which were never made.
    .filter((text) => text !== "Plugin configured to fail closed failed to load");
  return { loaded: rejected.next().value === rejections, words: [...new Set(words)] };
}

const REJECTED = "^listener_manager.lds.update_rejected$";

async function loads(): Promise<number> {
  const stats = await envoy.stats("^listener_manager.lds.update_(success|rejected)$");
  return [...stats.values()].reduce((sum, value) => sum + value, 0);
}
