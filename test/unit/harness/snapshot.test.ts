import { expect, test } from "vitest";
import { createHost, type HostOptions } from "../../harness/src";
import { ABI, i32, MALLOC, store, wasm, write, type ModuleSpec } from "./wat";

// Start functions run once per module; later instances begin where they left the first.

const ADD = 0x6a;
const EQUAL = 0x46;
const AND = 0x71;
const DROP = 0x1a;
const load = (at: number): number[] => [...i32(at), 0x28, 2, 0];
const getGlobal = [0x23, 1];
const setGlobal = [0x24, 1];
const grow = [...i32(2), 0x40, 0, DROP];
const size = [0x3f, 0];
const plusOne = (value: number[]): number[] => [...value, ...i32(1), ADD];
const is = (value: number[], n: number): number[] => [...value, ...i32(n), EQUAL];

const AT = 1024;
/** In the last page, which only `grow` brings. */
const FAR = 3 * 65536 - 8;

/** Counts its starts in memory and in a global, and takes a configuration only after exactly one. */
const COUNTING: ModuleSpec = {
  globals: 2,
  exports: {
    ...ABI,
    ...MALLOC,
    _initialize: {
      body: [
        ...grow,
        ...store(AT, plusOne(load(AT))),
        ...store(FAR, i32(7)),
        ...plusOne(getGlobal),
        ...setGlobal,
      ],
    },
    proxy_on_configure: {
      params: "ii",
      results: "i",
      body: [
        ...is(load(AT), 1),
        ...is(load(FAR), 7),
        AND,
        ...is(getGlobal, 1),
        AND,
        ...is(size, 3),
        AND,
        // What runs later is no part of the start.
        ...store(AT, i32(9)),
        ...i32(9),
        ...setGlobal,
      ],
    },
  },
};

const LOGGING: ModuleSpec = {
  imports: [{ name: "proxy_log", params: "iii", results: "i" }],
  exports: {
    ...ABI,
    ...MALLOC,
    _initialize: { body: [...write(AT, "up"), ...i32(2), ...i32(AT), ...i32(2), 0x10, 0, DROP] },
  },
};

const host = (bytes: Uint8Array, options: Partial<HostOptions> = {}) =>
  createHost({ plugins: [{ name: "m", wasm: bytes }], trace: false, ...options });

test("memory, its size and globals are those of a start, in every VM and every host", async () => {
  const bytes = wasm(COUNTING);
  for (let i = 0; i < 3; i++) await (await host(bytes, { workers: 2 })).close();
});

test("a start that asks the host for something runs each time", async () => {
  const bytes = wasm(LOGGING);
  const starts = async () => (await host(bytes)).logs.filter(({ text }) => text === "up").length;
  const first = await starts();
  expect(first).toBeGreaterThan(2); // base, canary, main thread, worker
  expect(await starts()).toBe(first);
});

test("a trace shows the start functions of every instance, and what they returned", async () => {
  const bytes = wasm({
    ...COUNTING,
    exports: { ...COUNTING.exports, main: { params: "ii", results: "i", body: i32(5) } },
  });
  const starts = async () => {
    const { trace } = await host(bytes, { trace: true });
    return trace!.events
      .filter(({ name }) => name === "_initialize" || name === "main")
      .map(({ kind, name, args, result }) => ({ kind, name, args, result }));
  };
  const first = await starts();
  expect(first).toContainEqual({ kind: "return", name: "main", args: [], result: 5 });
  expect(await starts()).toEqual(first);
});

test("a start that fails fails again", async () => {
  const bytes = wasm({
    ...LOGGING,
    imports: [],
    exports: { ...ABI, ...MALLOC, _initialize: { body: [0] } },
  });
  await expect(host(bytes)).rejects.toThrow();
  await expect(host(bytes)).rejects.toThrow();
});
