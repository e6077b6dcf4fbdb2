import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HostileHost } from "./hostile-host.js";
import { HOSTILE_BYTES } from "./hostile-bytes.js";
import { PLUGINS } from "./plugin-targets.js";

const STEPS = 1500;
const SEEDS = 40;

/** Host functions these configurations do not lead to: the pepper needs an environment. */
const UNREACHED = ["environ_get", "environ_sizes_get"];

describe.each(Object.keys(PLUGINS))("%s never traps", (plugin) => {
  const { configurations, higress = [], rare = [], sensible } = PLUGINS[plugin]!;

  test.each(["envoy", "higress"])("whatever a host calls and answers (%s build)", (host) => {
    const called = new Set<string>();
    const entered = new Set<string>();
    let imported: string[] | undefined;
    let callbacks: string[] | undefined;
    const more = host === "higress" ? higress : [];
    for (const configuration of [...configurations, ...more]) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const wasm = `build/${host}/${plugin}.wasm`;
        const hostile = new HostileHost({ wasm, configuration, sensible, seed });
        imported ??= hostile.imported;
        callbacks ??= hostile.callbacks;
        expect(hostile.start(), "the configuration is accepted").toBe(true);
        for (let step = 0; step < STEPS; step++) hostile.step();
        expect(hostile.memorySize, `memory after seed ${seed}`).toBeLessThan(64 * 2 ** 20);
        for (const name of hostile.called) called.add(name);
        for (const name of hostile.entered) entered.add(name);
      }
    }
    // Proof that the run got deep enough to mean something.
    expect([...entered].sort()).toEqual(callbacks?.sort());
    const counts = (name: string) => !UNREACHED.includes(name) && !rare.includes(name);
    expect([...called].filter(counts).sort()).toEqual(imported?.filter(counts).sort());
  });

  const builds = [
    ["envoy", configurations],
    ["higress", [...configurations, ...higress]],
  ] as const;

  test.each(builds)("whatever its configuration is (%s build)", (host) => {
    const wasm = `build/${host}/${plugin}.wasm`;
    const refusals = HOSTILE_BYTES.map((bytes) => Buffer.from(bytes).toString("latin1"));
    for (const configuration of [...refusals, ...cuts(configurations[0]!)]) {
      new HostileHost({ wasm, configuration, seed: 1 }).start();
    }
  });

  test.each(builds)(
    "whatever type the fields of its configuration have (%s build)",
    (host, all) => {
      const wasm = `build/${host}/${plugin}.wasm`;
      for (const configuration of all.flatMap(retyped)) {
        new HostileHost({ wasm, configuration, seed: 1 }).start();
      }
    },
  );
});

test("every plugin of the set is listed here", () => {
  const plugins = readdirSync("plugins").filter((name) => existsSync(`plugins/${name}/assembly`));
  expect(Object.keys(PLUGINS).sort()).toEqual(plugins.sort());
  for (const name of plugins)
    expect(readFileSync(`build/envoy/${name}.wasm`).length).toBeGreaterThan(0);
});

/** The text cut off after each of its bytes. */
function cuts(text: string): string[] {
  return Array.from({ length: text.length }, (_, length) => text.slice(0, length));
}

/** The document with each value in turn replaced by a value of each other type. */
function retyped(text: string): string[] {
  const replacements = [null, true, 0, -1, 1e300, "", "x", [], [[]], {}, { a: {} }, [null]];
  const results: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const holder = node as Record<string, unknown>;
    for (const key of Object.keys(holder)) {
      const original = holder[key];
      for (const replacement of replacements) {
        holder[key] = replacement;
        results.push(JSON.stringify(document));
      }
      holder[key] = original;
      visit(original);
    }
  };
  const document: unknown = JSON.parse(text);
  visit(document);
  return results;
}
