import { createHost, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildFixture } from "../scenario/fixture/build.js";
import { bootstrap, LISTENERS, listenersFile } from "./bootstrap.js";
import { Envoy, sleep } from "./envoy.js";

// E03: how often and for whom start, context_create, vm_start and configure run.
let wasm = "";
let envoy: Envoy;
beforeAll(async () => {
  wasm = await buildFixture("probe");
  envoy = await Envoy.start({
    bootstrap: bootstrap([{ name: "backend", port: null }]),
    files: { [LISTENERS]: listenersFile([]) },
    wasmLogLevel: "debug",
  });
}, 300_000);
afterAll(async () => await envoy.stop());

interface Plugin {
  name: string;
  rootId: string;
  vmId: string;
  config: string;
}

const first: Plugin = { name: "a", rootId: "", vmId: "one", config: "x" };
const CHAINS: readonly (readonly [string, readonly Plugin[]])[] = [
  ["one plugin", [first]],
  ["the same plugin twice", [first, first]],
  ["two names in one VM", [first, { ...first, name: "b" }]],
  ["two root ids in one VM", [first, { ...first, rootId: "r" }]],
  ["two configurations in one VM", [first, { ...first, config: "xyz" }]],
  ["two VMs", [first, { ...first, vmId: "two" }]],
  ["a configuration that is refused", [{ ...first, config: "refuse" }]],
];

describe("the harness makes VMs and roots as Envoy does", () => {
  test.each(CHAINS.map(([what, chain], i) => [what, chain, i] as const))(
    "%s",
    { timeout: 60_000 },
    async (_what, chain, i) => {
      const real = await eventsInEnvoy(chain, i);
      expect(real).toContain("start");
      expect(await eventsInHarness(chain, i)).toEqual(real);
    },
  );
});

/** Every listener has VMs of its own. */
const vmId = (plugin: Plugin, i: number) => `${plugin.vmId}-${i}`;

async function eventsInHarness(chain: readonly Plugin[], i: number): Promise<string[]> {
  const logged: { text: string }[] = [];
  try {
    const host = await createHost({
      plugins: chain.map((plugin) => ({ ...plugin, vmId: vmId(plugin, i), wasm })),
      clusters: { backend: upstream() },
      logLevel: "debug",
      strict: "off",
    });
    logged.push(...host.logs);
    await host.close();
  } catch (error) {
    logged.push(...(error as { logs: { text: string }[] }).logs);
  }
  return logged.map(({ text }) => text).sort();
}

/** Threads log side by side: what counts is how often, not in which order. */
async function eventsInEnvoy(chain: readonly Plugin[], i: number): Promise<string[]> {
  const plugins = chain.map((plugin) => ({
    ...plugin,
    file: wasm,
    failurePolicy: "FAIL_CLOSED" as const,
    allowOnHeadersStopIteration: true,
  }));
  const listener = { id: `l${i}`, plugins, routes: [], attributes: [] };
  const file = JSON.parse(listenersFile([listener]).replaceAll("%FOLDER%", envoy.folder)) as {
    resources: { filter_chains: { filters: { typed_config: Manager }[] }[] }[];
  };
  const filters = file.resources[0]!.filter_chains[0]!.filters[0]!.typed_config.http_filters;
  chain.forEach((plugin, at) => {
    filters[at]!.typed_config.config!.vm_config.vm_id = vmId(plugin, i);
  });
  // The listener before takes its leave first.
  await replace(listenersFile([]));
  const from = envoy.log.length;
  await replace(JSON.stringify(file));
  return envoy.log
    .slice(from)
    .flatMap(({ component, text }) => (component === "wasm" ? [text] : []))
    .flatMap((text) => /^wasm log[^:]*: (.*)$/.exec(text)?.[1] ?? [])
    .sort();
}

interface Manager {
  http_filters: { typed_config: { config?: { vm_config: { vm_id: string } } } }[];
}

async function loads(): Promise<number> {
  const stats = await envoy.stats("^listener_manager.lds.update_(success|rejected)$");
  return [...stats.values()].reduce((sum, value) => sum + value, 0);
}

async function replace(listeners: string): Promise<void> {
  const before = await loads();
  envoy.moveIn(LISTENERS, listeners);
  while ((await loads()) <= before) await sleep(20);
  await quiet();
}

/** Workers get their VMs after the listener was taken. */
async function quiet(): Promise<void> {
  const warming = async () => [
    ...(await envoy.stats("^listener_manager.total_listeners_(warming|draining)$")).values(),
  ];
  while ((await warming()).some((count) => count > 0)) await sleep(20);
  for (let length = -1; length !== envoy.log.length; await sleep(100)) length = envoy.log.length;
}
